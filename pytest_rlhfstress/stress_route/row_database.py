"""Rows as an example database: Hypothesis replays them before it searches, and shrinks what fails there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from hypothesis.database import ExampleDatabase, choices_to_bytes

from pytest_rlhfstress.stress_route.covering import Row
from pytest_rlhfstress.stress_route.wanted import Slot

# One choice more than a case needs: Hypothesis takes a replay that used exactly what was stored for
# an example it had shrunk before, and would not shrink it again. This one takes one byte.
SPARE = False


Make = Callable[[], tuple[Sequence[Row], Sequence[Row]]]
"""Makes the rows: those to come first, and the others."""


class RowDatabase(ExampleDatabase):
    """Gives the rows for every test, keeps nothing. A database of the user's own is asked too."""

    def __init__(self, slots: Sequence[Slot], rows: Make, beneath: ExampleDatabase | None) -> None:
        """``rows`` is called when a test first runs, since making them takes a while."""
        super().__init__()
        self._slots = slots
        self._make = rows
        self._beneath = beneath

    def part(self, number: int, of: int) -> RowDatabase:
        """A database with every ``of``-th row from the ``number``-th on, counted from 1."""

        def every(rows: Sequence[Row]) -> Sequence[Row]:
            return rows[number - 1 :: of]

        def some() -> tuple[Sequence[Row], Sequence[Row]]:
            first, others = self._make()
            return every(first), every(others)

        return RowDatabase(self._slots, some, self._beneath)

    @cached_property
    def _rows(self) -> tuple[bytes, ...]:
        first, others = self._make()
        # Hypothesis replays what is shorter first, so each row that has its place is longer than the one before it.
        encoded: list[bytes] = []
        longest = 0
        for row in first:
            choices = _as_choices(self._slots, row)
            longest = max(longest, len(choices)) + 1
            encoded.append(_padded(choices, longest))
        for row in others:
            choices = _as_choices(self._slots, row)
            encoded.append(_padded(choices, longest + len(choices) + 1))
        return tuple(dict.fromkeys(encoded))

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """The rows, and what the database beneath knows."""
        yield from self._beneath.fetch(key) if self._beneath is not None else ()
        if not key.endswith((b".secondary", b".pareto")):
            yield from self._rows

    def save(self, key: bytes, value: bytes) -> None:
        """Passed on to the database beneath."""
        if self._beneath is not None:
            self._beneath.save(key, value)

    def delete(self, key: bytes, value: bytes) -> None:
        """Passed on to the database beneath."""
        if self._beneath is not None:
            self._beneath.delete(key, value)


def _as_choices(slots: Sequence[Slot], row: Row) -> bytes:
    choices: list[int] = []
    for slot, content in zip(slots, row, strict=True):
        choices.append(0 if content is None else 3)
        # Hypothesis makes no choice among one.
        if len(slot.options) > 1:
            choices.append(0 if content is None else slot.options.index(content))
    return choices_to_bytes(choices)


def _padded(choices: bytes, length: int) -> bytes:
    return choices + choices_to_bytes([SPARE] * (length - len(choices)))
