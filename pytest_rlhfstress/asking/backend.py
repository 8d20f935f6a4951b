"""What a place that keeps replies must be able to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """A reply as kept: content key, the question as text, the reply as text, the run that asked, and when (POSIX)."""

    key: str
    question: str
    reply: str
    run: str
    kept_at: float = 0.0


AT_ONCE = 500


def parts(keys: Collection[str]) -> Iterator[list[str]]:
    """The keys in lists short enough for one query."""
    wanted = list(keys)
    for start in range(0, len(wanted), AT_ONCE):
        yield wanted[start : start + AT_ONCE]


class Backend(Protocol):
    """Keeps entries by key and lends each unanswered key to one owner at a time."""

    @property
    def shared(self) -> bool:
        """Whether other processes may use it at the same time."""
        ...

    def find(self, keys: Collection[str]) -> dict[str, Entry]:
        """The entries there are among ``keys``."""
        ...

    def claim(self, keys: Sequence[str], owner: str, seconds: float) -> set[str]:
        """Lend those of ``keys`` that no living owner holds to ``owner``, for ``seconds``."""
        ...

    def renew(self, owner: str, seconds: float) -> None:
        """Prolong what ``owner`` holds to ``seconds`` from now."""
        ...

    def release(self, keys: Collection[str], owner: str) -> None:
        """Give back what ``owner`` holds of ``keys``."""
        ...

    def keep(self, entries: Sequence[Entry], owner: str) -> None:
        """Keep ``entries``, for good when this returns, and give their keys back. Raises UserError if it cannot."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
