"""Example databases that let a rehearsal follow the search into shrinking."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis.database import ExampleDatabase, choices_from_bytes, choices_to_bytes


class Witness(ExampleDatabase):
    """Passes everything on, and remembers the first example that failed."""

    def __init__(self, beneath: ExampleDatabase | None) -> None:
        super().__init__()
        self._beneath = beneath
        self.first: bytes | None = None

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """As the database beneath."""
        return self._beneath.fetch(key) if self._beneath is not None else ()

    def save(self, key: bytes, value: bytes) -> None:
        """Passed on."""
        if self.first is None and not key.endswith((b".secondary", b".pareto")):
            self.first = value
        if self._beneath is not None:
            self._beneath.save(key, value)

    def delete(self, key: bytes, value: bytes) -> None:
        """Passed on."""
        if self._beneath is not None:
            self._beneath.delete(key, value)


class OneExample(ExampleDatabase):
    """Holds one example, under every key, as one that may still be shrunk."""

    def __init__(self, value: bytes) -> None:
        super().__init__()
        # A replay that needs exactly what was stored counts as shrunk before.
        self._value = choices_to_bytes([*(choices_from_bytes(value) or ()), 0])

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """The example."""
        return () if key.endswith((b".secondary", b".pareto")) else (self._value,)

    def save(self, key: bytes, value: bytes) -> None:
        """Nothing is kept."""

    def delete(self, key: bytes, value: bytes) -> None:
        """Nothing is deleted."""
