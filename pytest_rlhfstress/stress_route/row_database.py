"""The covering rows as an example database: Hypothesis replays them first and shrinks what fails there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import islice

from hypothesis.database import ExampleDatabase, choices_to_bytes

from pytest_rlhfstress.stress_route.covering import Row
from pytest_rlhfstress.stress_route.wanted import Slot

# One choice more than a case needs: Hypothesis takes a replay that used exactly what was stored for
# an example it had shrunk before, and would not shrink it again.
SPARE = 0


class RowDatabase(ExampleDatabase):
    """Gives the rows for every test, keeps nothing. A database of the user's own is asked too."""

    def __init__(
        self, slots: Sequence[Slot], rows: Callable[[], Iterable[Row]], beneath: ExampleDatabase | None
    ) -> None:
        """``rows`` is called when a test first runs, since making them takes a while."""
        super().__init__()
        self._slots = slots
        self._make = rows
        self._beneath = beneath

    def part(self, number: int, of: int) -> RowDatabase:
        """A database with every ``of``-th row from the ``number``-th on, counted from 1."""
        return RowDatabase(self._slots, lambda: islice(self._make(), number - 1, None, of), self._beneath)

    @cached_property
    def _rows(self) -> tuple[bytes, ...]:
        return tuple(dict.fromkeys(_as_choices(self._slots, row) for row in self._make()))

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
    return choices_to_bytes([*choices, SPARE])
