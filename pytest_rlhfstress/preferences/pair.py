"""Preference data as values: who compared which two replies to which prompt, and what each of them said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pytest_rlhfstress.conversation import Message

Choice = Literal["chosen", "rejected", "tie", "abstain"]


@dataclass(frozen=True, slots=True)
class Vote:
    """What one rater said of one pair; ``rater`` is "" where the data names nobody."""

    rater: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """Two replies to one prompt, and every vote on them.

    Without ``votes`` the pair stands for one anonymous vote: for ``chosen``, or for neither where ``tie``.
    ``item`` names the pair in its source, ``line`` is where it stands there (from 1, 0 if unknown).
    """

    prompt: tuple[Message, ...]
    chosen: str
    rejected: str
    votes: tuple[Vote, ...] = ()
    tie: bool = False
    margin: float | None = None
    score_chosen: float | None = None
    score_rejected: float | None = None
    tools: tuple[Mapping[str, object], ...] = field(default=(), hash=False)
    item: str = ""
    line: int = 0

    @property
    def all_votes(self) -> tuple[Vote, ...]:
        """The votes, or the one anonymous vote the pair stands for."""
        return self.votes or (Vote("", "tie" if self.tie else "chosen"),)

    @property
    def text(self) -> str:
        """The last message of the user."""
        return next((m.content for m in reversed(self.prompt) if m.role == "user"), "")


@dataclass(frozen=True, slots=True)
class LabelledReply:
    """One reply to one prompt that a rater called good or not, with nothing to compare it with."""

    prompt: tuple[Message, ...]
    reply: str
    good: bool
    rater: str = ""
    item: str = ""
    line: int = 0

    @property
    def text(self) -> str:
        """The last message of the user."""
        return next((m.content for m in reversed(self.prompt) if m.role == "user"), "")


@dataclass(frozen=True, slots=True)
class Rating:
    """What one rater said of one item: a number, a name, or None for an abstention."""

    item: str
    rater: str
    value: float | str | None
    text: str = ""
    line: int = 0


class Preferences(Protocol):
    """Preference data that can be gone through any number of times, one pair in memory at a time."""

    @property
    def name(self) -> str:
        """What people call it: a file, or the model whose votes they are."""
        ...

    def pairs(self) -> Iterator[PreferencePair]:
        """Every pair, in the order of the source."""
        ...


@dataclass(frozen=True)
class PreferenceSet:
    """Preference data held in memory."""

    name: str
    held: tuple[PreferencePair, ...]

    def pairs(self) -> Iterator[PreferencePair]:
        """Every pair, in order."""
        return iter(self.held)
