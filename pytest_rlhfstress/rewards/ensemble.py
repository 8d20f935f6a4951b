"""Several reward models side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.rewards.reward import Item, RewardModel

if TYPE_CHECKING:
    import numpy as np


class Ensemble:
    """Each member's rewards as columns of its own, in the order the members were named."""

    def __init__(self, members: Sequence[RewardModel]) -> None:
        self._members = members
        self.name = " + ".join(member.name for member in members)

    @property
    def identity(self) -> str:
        """All members' identities."""
        return " + ".join(member.identity for member in self._members)

    def score(self, items: Sequence[Item]) -> np.ndarray:
        """Rewards of shape (len(items), members of all). Raises UserError where a member does."""
        import numpy as np

        return np.hstack([member.score(items) for member in self._members])
