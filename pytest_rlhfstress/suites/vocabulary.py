"""A suite as values: what may be mixed into a message, and what is true of it then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.suites.templates import MessageTemplate

if TYPE_CHECKING:
    from pytest_rlhfstress.suites.signals import Signals

SECTIONS = {
    "duty": "duties",
    "ambiguous": "ambiguous",
    "hard_negative": "hard_negatives",
    "intent": "intents",
    "pressure": "pressures",
    "attack": "attacks",
    "shift": "shifts",
    "placement": "placements",
    "move": "moves",
    "fault": "faults",
}
MATTER = "{matter}"
"""Stands in a move's words for the sentence of the duty, which is then told in that turn."""
MATTERS = ("duty", "ambiguous", "hard_negative")


@dataclass(frozen=True)
class Entry:
    """One named thing of the vocabulary. Which fields are set depends on its category."""

    category: str
    name: str
    says: tuple[str, ...] = ()
    says_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    family: str = ""
    expects: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    crosses_off: tuple[str, ...] = ()
    at: str = "end"
    template: MessageTemplate | None = None
    rewrite: str = ""
    replace: Mapping[str, str] = field(default_factory=dict)
    locale: str = ""
    language: str = ""
    about: str = ""
    source: str = ""
    reacts_to: str = ""
    otherwise: tuple[str, ...] = ()
    fails: bool = False

    @property
    def tells_the_matter(self) -> bool:
        """Whether this move tells the duty, which is then not told before."""
        return self.category == "move" and all(MATTER in phrase for phrase in self.says)


@dataclass(frozen=True)
class Locale:
    """A locale: the language spoken, the words templates say, the numbers that are right there."""

    name: str
    language: str
    say: Mapping[str, str]
    numbers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Reference:
    """A safe reply for cases whose facts fit ``when``."""

    when: Mapping[str, str]
    template: MessageTemplate


@dataclass(frozen=True)
class Tool:
    """A tool the assistant may call; ``parameters`` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, object]
    answer: MessageTemplate | None = None

    @property
    def offered(self) -> dict[str, object]:
        """As models are told of it, in the ecosystem's shape."""
        told = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": told}


@dataclass(frozen=True)
class Suite:
    """A suite, read and checked. ``digest`` changes with any word of it."""

    name: str
    version: str
    about: str
    review: str
    folder: Path
    digest: str
    locale: str
    locales: Mapping[str, Locale]
    fact_values: Mapping[str, tuple[str, ...]]
    fact_defaults: Mapping[str, str]
    entries: Mapping[str, Mapping[str, Entry]]
    system: MessageTemplate | None
    references: tuple[Reference, ...]
    matter_patterns: Mapping[str, tuple[str, ...]]
    tools: tuple[Tool, ...]
    records: Mapping[str, object]
    briefing: MessageTemplate | None
    signals: Signals

    def entry(self, category: str, name: str) -> Entry:
        """The entry of that category and name. Raises UserError with the nearest name."""
        found = self.entries[category].get(name)
        if found is None:
            raise UserError(f"suite {self.name!r} has no {category} {name!r}{nearest(name, self.entries[category])}")
        return found

    def locale_values(self, locale: str) -> dict[str, str]:
        """What a template sees as ``locale``: its name, its language and the words of ``say``."""
        found = self.locales[locale]
        return {"name": found.name, "language": found.language, **found.say}
