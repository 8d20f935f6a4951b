"""Scores through the reply store: a reward model asked as if it were a model, so that nothing is scored twice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from pytest_rlhfstress.conversation import Message, Reply, Role, ToolCall
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Ask, Question
from pytest_rlhfstress.rewards.reward import Item, RewardModel, as_rewards

if TYPE_CHECKING:
    import numpy as np


class CostlyReward(RewardModel, Protocol):
    """A reward model whose scores are worth keeping."""

    @property
    def batch(self) -> int:
        """How many replies it likes to score at once."""
        ...

    @property
    def concurrency(self) -> int:
        """How many threads may have it score at the same time."""
        ...

    @property
    def persistent(self) -> bool:
        """Whether its scores may be used again by a later run."""
        ...


class ScoringModel:
    """A reward model in the shape of a model: the question ends with the reply, the answer is its rewards as JSON."""

    blocking = True

    def __init__(self, reward: CostlyReward) -> None:
        self._reward = reward
        self.name = reward.name
        self.batch = reward.batch
        self.concurrency = reward.concurrency
        self.persistent = reward.persistent

    @property
    def identity(self) -> str:
        """The reward model's."""
        return self._reward.identity

    def answer(self, questions: Sequence[Question]) -> list[Reply]:
        """One row of rewards per question. Raises UserError where the reward model does."""
        items: list[Item] = [
            (cast(Sequence[Mapping[str, str]], q.as_dicts()[:-1]), q.messages[-1].content) for q in questions
        ]
        return [Reply(json.dumps(row), model=self.name) for row in self._reward.score(items).tolist()]

    def close(self) -> None:
        """Nothing to let go of."""


class StoredReward:
    """``reward``, asked through ``ask``, which knows the store."""

    def __init__(self, reward: CostlyReward, ask: Ask) -> None:
        self._model = ScoringModel(reward)
        self._ask = ask
        self.name = reward.name

    @property
    def identity(self) -> str:
        """The reward model's."""
        return self._model.identity

    def score(self, items: Sequence[Item]) -> np.ndarray:
        """Rewards of shape (len(items), members). Raises UserError where one could not be had."""
        questions = [
            Question((*map(_message, conversation), Message("assistant", reply))) for conversation, reply in items
        ]
        rows = []
        for answer in self._ask(self._model, questions):
            if not isinstance(answer, Reply):
                raise UserError(f"the reward model {self.name} gave no score: {answer.reason}")
            rows.append(json.loads(answer.text))
        return as_rewards(rows, items, self.name)


def _message(turn: Mapping[str, object]) -> Message:
    calls = cast(Sequence[Mapping[str, object]], turn.get("tool_calls") or ())
    answered = turn.get("tool_call_id")
    return Message(
        cast(Role, turn["role"]),
        str(turn.get("content") or ""),
        tuple(_tool_call(call) for call in calls),
        str(answered) if answered is not None else None,
    )


def _tool_call(call: Mapping[str, object]) -> ToolCall:
    function = cast(Mapping[str, object], call.get("function") or {})
    return ToolCall(str(call.get("id") or ""), str(function.get("name") or ""), str(function.get("arguments") or ""))
