"""From what a person wrote or a fixture returned to a reward model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Ask, ask_directly, load_model
from pytest_rlhfstress.models.specs import import_callable
from pytest_rlhfstress.offered import made, offered
from pytest_rlhfstress.rewards.ensemble import Ensemble
from pytest_rlhfstress.rewards.functions import FunctionReward
from pytest_rlhfstress.rewards.reward import RewardModel
from pytest_rlhfstress.rewards.stored import CostlyReward, StoredReward

KINDS = ("clinic", "hf", "http", "https", "judge")
WHAT_TO_WRITE = "write package.module:callable, clinic, hf:PATH, http://host:port/pooling or judge:MODELSPEC"


def load_reward(spec: str | Sequence[str], ask: Ask | None = None) -> RewardModel:
    """The reward model that ``spec`` names; several specs make an ensemble, their columns side by side.

    ``clinic``, ``package.module:callable``, ``hf:PATH``, ``http(s)://host:port/pooling`` (or ``/classify``),
    ``judge:`` and the spec of the model that shall judge, or a kind that another plugin offers. With ``ask``, which
    gets questions answered through the store, what costs is scored only once. Raises UserError for an unknown one,
    with the nearest name and what to write.
    """
    specs = (spec,) if isinstance(spec, str) else tuple(spec)
    if not specs:
        raise UserError(f"no reward model was named; {WHAT_TO_WRITE}")
    members = [_one(each, ask) for each in specs]
    return members[0] if len(members) == 1 else Ensemble(members)


def reward_from(
    value: object, ask: Ask | None = None, giver: str = "the fixture reward_model", name: str = ""
) -> RewardModel:
    """The reward model that ``giver`` returned: a RewardModel, a callable, or a spec as text.

    Raises UserError for anything else.
    """
    if isinstance(value, str):
        return load_reward(value, ask)
    if hasattr(value, "score") and hasattr(value, "identity"):
        return cast(RewardModel, value)
    if callable(value) and not isinstance(value, type):
        return FunctionReward(value, name)
    raise UserError(
        f"{giver} returned {value!r:.80}: return a callable that takes a conversation and a reply and returns a float"
    )


def _one(spec: str, ask: Ask | None) -> RewardModel:
    kind, _, rest = spec.partition(":")
    if kind in offered().rewards:
        return reward_from(made(offered().rewards, spec), ask, f"what offers the reward model {spec!r}", spec)
    if kind == "clinic":
        from pytest_rlhfstress.clinic import clinic_for

        return cast(RewardModel, clinic_for(spec).reward)
    if kind == "judge":
        return _judge(rest, ask or ask_directly)
    if kind == "hf" and not rest:
        raise UserError(f"the reward model {spec!r} names no model after the colon; {WHAT_TO_WRITE}")
    if kind == "hf":
        from pytest_rlhfstress.rewards.transformers_classifier import transformers_reward

        return _kept(transformers_reward(rest), ask)
    if kind in ("http", "https"):
        from pytest_rlhfstress.rewards.http_endpoint import http_reward

        return _kept(http_reward(spec), ask)
    return FunctionReward(import_callable(spec, "reward model", (*KINDS, *offered().rewards), WHAT_TO_WRITE), spec)


def _kept(reward: CostlyReward, ask: Ask | None) -> RewardModel:
    return StoredReward(reward, ask) if ask is not None else reward


def _judge(spec: str, ask: Ask) -> RewardModel:
    """A judge has a model of its own, named: it never falls back to the model under test."""
    from pytest_rlhfstress.rewards.judge import JudgeReward

    if not spec:
        raise UserError(
            "the reward model 'judge' names no model to judge with; write judge:MODELSPEC, as in judge:openai:MODEL"
        )
    return JudgeReward(load_model(spec), ask)
