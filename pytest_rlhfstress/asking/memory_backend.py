"""Replies kept for as long as the process lives."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_rlhfstress.asking.backend import Entry


class MemoryBackend:
    """A dictionary. Nobody else can see it, so every claim is granted."""

    shared = False

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def find(self, keys: Collection[str]) -> dict[str, Entry]:
        """As Backend says."""
        return {key: self._entries[key] for key in keys if key in self._entries}

    def claim(self, keys: Sequence[str], owner: str, seconds: float) -> set[str]:
        """All of them."""
        return set(keys)

    def renew(self, owner: str, seconds: float) -> None:
        """Nothing expires."""

    def release(self, keys: Collection[str], owner: str) -> None:
        """Nothing was lent."""

    def keep(self, entries: Sequence[Entry], owner: str) -> None:
        """As Backend says, but for the process only."""
        self._entries.update((entry.key, entry) for entry in entries)

    def close(self) -> None:
        """Nothing to let go of."""
