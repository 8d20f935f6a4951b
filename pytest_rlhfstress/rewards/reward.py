"""What a reward model is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

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
        """Rewards of shape (len(items), members): one column for each member of an ensemble."""
        ...
