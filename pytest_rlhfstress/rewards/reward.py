"""What a reward model is, and what every one's rewards must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from pytest_rlhfstress.errors import UserError

if TYPE_CHECKING:
    import numpy as np

Item = tuple[Sequence[Mapping[str, str]], str]
"""A conversation as ``{"role", "content"}`` mappings, and a reply to it."""


class RewardModel(Protocol):
    """Says what a reply is worth."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def identity(self) -> str:
        """What its scores are stored under."""
        ...

    def score(self, items: Sequence[Item]) -> np.ndarray:
        """Rewards of shape (len(items), members): one column for each member of an ensemble.

        Raises UserError, naming the reward model, where it has no finite reward for one of them.
        """
        ...


def as_rewards(values: object, items: Sequence[Item], name: str) -> np.ndarray:
    """``values``, one per item or one row per item, as an array of shape (len(items), members).

    Raises UserError, naming the reward model, for another shape, for what is no number, and for NaN and infinity.
    """
    import numpy as np

    try:
        found = np.asarray(_detached(values))
    except (TypeError, ValueError):
        found = np.array(None)
    numbers = found.dtype.kind in "biuf"
    given = found.shape
    if numbers and found.ndim == 1:
        found = found.reshape(-1, 1)
    if not numbers or found.ndim != 2 or len(found) != len(items) or (len(items) and not found.shape[1]):
        shape = f", of shape {given}" if numbers else ""
        raise UserError(
            f"the reward model {name} was given {len(items)} replies and returned {repr(values)[:80]}{shape}; "
            "return one float for each, or one list of floats for each member of an ensemble, all of one length"
        )
    rewards: np.ndarray = found.astype(float)
    finite = np.isfinite(rewards).all(axis=1)
    if not finite.all():
        first = int(np.argmin(finite))
        raise UserError(
            f"the reward model {name} gave {rewards[first].tolist()} for the reply {items[first][1][:80]!r} "
            f"({int((~finite).sum())} of {len(items)} replies): a reward must be a finite number"
        )
    return rewards


def _detached(values: object) -> object:
    """A tensor as one that numpy can read; anything else as it is."""
    return values.detach().float().cpu() if hasattr(values, "detach") else values
