"""From what a person wrote or a fixture returned to a reward model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.specs import import_callable
from pytest_rlhfstress.rewards.functions import FunctionReward
from pytest_rlhfstress.rewards.reward import RewardModel

_KINDS = ("clinic", "hf", "judge")
WHAT_TO_WRITE = "write package.module:callable, clinic, hf:PATH, http://host:port/pooling or judge:MODEL"


def load_reward(spec: str | Sequence[str]) -> RewardModel:
    """The reward model that ``spec`` names; several specs make an ensemble.

    Raises UserError for an unknown one, with the nearest name and what to write.
    """
    specs = (spec,) if isinstance(spec, str) else tuple(spec)
    if not specs:
        raise UserError(f"no reward model was named; {WHAT_TO_WRITE}")
    return _one(specs[0])


def _one(spec: str) -> RewardModel:
    kind = spec.partition(":")[0]
    if kind == "clinic":
        from pytest_rlhfstress.clinic import clinic_for

        return cast(RewardModel, clinic_for(spec).reward)
    return FunctionReward(import_callable(spec, "reward model", _KINDS), spec)


def reward_from(value: object) -> RewardModel:
    """The reward model that a fixture ``reward_model`` returned: a RewardModel, a callable, or a spec as text.

    Raises UserError for anything else.
    """
    if isinstance(value, str):
        return load_reward(value)
    if hasattr(value, "score") and hasattr(value, "identity"):
        return cast(RewardModel, value)
    if callable(value) and not isinstance(value, type):
        return FunctionReward(value)
    raise UserError(
        f"the fixture reward_model returned {value!r:.80}: return a callable that takes a conversation and a reply "
        "and returns a float"
    )
