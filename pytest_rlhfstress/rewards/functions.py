"""A reward model that is somebody's own function."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.functions import name_of, source_digest
from pytest_rlhfstress.rewards.reward import Item

if TYPE_CHECKING:
    import numpy as np


class FunctionReward:
    """Calls ``function(conversation, reply)``: a float, or a list of floats for an ensemble."""

    def __init__(self, function: Callable[..., object], name: str = "") -> None:
        self._function = function
        self.name = name or name_of(function)
        self.identity = f"{self.name}#{source_digest(function)}"

    def score(self, items: Sequence[Item]) -> np.ndarray:
        """Rewards of shape (len(items), members). Raises UserError naming the function where it misbehaves."""
        import numpy as np

        rows = [self._row(conversation, reply) for conversation, reply in items]
        if len({len(row) for row in rows}) > 1:
            raise UserError(f"the reward model {self.name} returned lists of different lengths: one value per member")
        return np.array(rows, dtype=float).reshape(len(rows), -1)

    def _row(self, conversation: Sequence[Mapping[str, str]], reply: str) -> list[float]:
        try:
            returned = self._function([dict(turn) for turn in conversation], reply)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            raise UserError(
                f"the reward model {self.name} raised {type(error).__name__}: {error}\n"
                f"  at {frame.filename}:{frame.lineno}, in {frame.name}: {frame.line}"
            ) from error
        values: list[Any] = list(cast(Iterable[Any], returned)) if _is_list(returned) else [returned]
        try:
            row = [float(value) for value in values]
        except (TypeError, ValueError):
            row = []
        if not row or not all(map(math.isfinite, row)):
            raise UserError(
                f"the reward model {self.name} returned {returned!r:.80}; return a finite float, "
                "or a list of them for an ensemble"
            )
        return row


def _is_list(value: object) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, str | bytes | Mapping)
