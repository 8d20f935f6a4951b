"""Asks a blocking model in the thread that asks, one request after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import cast

from pytest_rlhfstress.asking.budget import Budget, BudgetSpent
from pytest_rlhfstress.asking.limits import Limits
from pytest_rlhfstress.asking.outcome import Counts, Unanswered
from pytest_rlhfstress.asking.retrying import retrying
from pytest_rlhfstress.asking.store import Keyed, Store
from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.models import Model, TransientFault

Answer = Reply | Unanswered
LOOK_SECONDS = 0.05


class Here:
    """The same door as the dispatcher's, for functions that nobody promised to be safe in threads."""

    concurrency = 1

    def __init__(self, model: Model, store: Store, limits: Limits, counts: Counts) -> None:
        self._model = model
        self._store = store
        self._limits = limits
        self._counts = counts
        self._budget = Budget(limits, counts)

    def submit(self, questions: Sequence[Keyed], first: bool = False) -> list[Future[Answer]]:
        """Ask them all; the futures returned are done. Raises UserError where the model misbehaves."""
        futures: list[Future[Answer]] = [Future() for _ in questions]
        for start in range(0, len(questions), self._model.batch):
            part = questions[start : start + self._model.batch]
            answers = self._answers(part)
            for future, keyed in zip(futures[start:], part, strict=False):
                future.set_result(answers[keyed.key])
        return futures

    def close(self) -> None:
        """Let the model close."""
        self._model.close()

    def _answers(self, part: Sequence[Keyed]) -> dict[str, Answer]:
        by_key = {keyed.key: keyed for keyed in part}
        answers: dict[str, Answer] = {}
        while by_key:
            taken = self._store.take(list(by_key))
            answers.update(taken.found)
            mine = [by_key[key] for key in by_key if key in taken.mine]
            if mine:
                answers.update(self._ask(mine))
            by_key = {key: keyed for key, keyed in by_key.items() if key not in answers}
            if by_key:
                time.sleep(LOOK_SECONDS)
        return answers

    def _ask(self, mine: list[Keyed]) -> dict[str, Answer]:
        keys = [keyed.key for keyed in mine]
        try:
            replies = retrying(self._limits, self._counts)(self._once, mine)
            self._store.keep(list(zip(mine, replies, strict=True)))
        except (TransientFault, BudgetSpent) as error:
            self._store.release(keys)
            return dict.fromkeys(keys, Unanswered(str(error)))
        except BaseException:
            self._store.release(keys)
            raise
        return dict(zip(keys, replies, strict=True))

    def _once(self, mine: list[Keyed]) -> Sequence[Reply]:
        self._budget.spend()
        return cast(Sequence[Reply], self._model.answer([keyed.question for keyed in mine]))
