"""A reward model that is somebody's own function: for one reply, or taking a whole batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.functions import (
    BATCH,
    BATCH_PARAMETER,
    is_async,
    name_of,
    parameters_of,
    shown,
    source_digest,
    where_raised,
)
from pytest_rlhfstress.rewards.reward import Item, as_rewards

if TYPE_CHECKING:
    import numpy as np


class FunctionReward:
    """Calls ``function(conversation, reply)``: a float, or a list of floats for an ensemble.

    Where its first parameter is called ``conversations`` it gets lists of both, at most ``batch_size``
    (an attribute of the function; else 32) at once, and returns a float or a list of floats for each.
    """

    def __init__(self, function: Callable[..., object], name: str = "") -> None:
        self._function = function
        self.name = name or name_of(function)
        self.identity = str(getattr(function, "identity", "") or "") or f"{self.name}#{source_digest(function)}"
        self._takes_batch = parameters_of(function)[:1] == [BATCH_PARAMETER]
        self._batch = int(getattr(function, "batch_size", BATCH))
        if is_async(function):
            raise UserError(f"the reward model {self.name} is an async function; write it with a plain `def`")

    def score(self, items: Sequence[Item]) -> np.ndarray:
        """Rewards of shape (len(items), members). Raises UserError naming the function where it misbehaves."""
        import numpy as np

        size = self._batch if self._takes_batch else 1
        parts = [items[start : start + size] for start in range(0, len(items), size)]
        found = [self._scored(part) for part in parts] or [np.empty((0, 1))]
        if len({part.shape[1] for part in found}) > 1:
            raise UserError(f"the reward model {self.name} returned lists of different lengths: one value per member")
        return np.concatenate(found)

    def _scored(self, part: Sequence[Item]) -> np.ndarray:
        conversations = [[dict(turn) for turn in conversation] for conversation, _ in part]
        replies = [reply for _, reply in part]
        arguments = (conversations, replies) if self._takes_batch else (conversations[0], replies[0])
        try:
            returned = self._function(*arguments)
        except UserError:
            raise
        except Exception as error:
            raise UserError(f"the reward model {self.name} raised {where_raised(error, self._function)}") from error
        return as_rewards(returned if self._takes_batch else self._row(returned), part, self.name)

    def _row(self, returned: object) -> object:
        """The one row of a single reply's reward: a number, or one for each member."""
        import numpy as np

        plain = returned.detach().float().cpu() if hasattr(returned, "detach") else returned
        try:
            row = np.asarray(plain)
        except (TypeError, ValueError):
            row = np.array(None)
        if row.dtype.kind not in "biuf" or row.ndim > 1 or not row.size:
            raise UserError(
                f"the reward model {self.name} returned {shown(returned)}; return a finite float, "
                "or a list of them for an ensemble"
            )
        return row.reshape(1, -1)
