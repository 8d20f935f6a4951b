"""One carrying-out of a spec's body: the cases it was given, what it asked and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_rlhfstress.conversation import Case, Message, Reading, Reply, Span


@dataclass(frozen=True)
class Exchange:
    """One question of the body and its reply; ``case`` is None for a conversation written by hand."""

    case: Case | None
    messages: tuple[Message, ...]
    reply: Reply


@dataclass
class Attempt:
    """What one carrying-out of the body did, in order."""

    arguments: Mapping[str, object]
    exchanges: list[Exchange] = field(default_factory=list)
    questioned: list[tuple[str, bool]] = field(default_factory=list)
    unanswered: str = ""
    """Why a question got no answer, also where the body went on all the same."""

    @property
    def case(self) -> Case | None:
        """The case the body was given, else the first it asked with."""
        given = next((v for v in self.arguments.values() if isinstance(v, Case)), None)
        return given or next((e.case for e in self.exchanges if e.case is not None), None)

    def exchange_of(self, case: Case | None) -> Exchange | None:
        """The last exchange that asked ``case``, else the last of all."""
        asked = [e for e in self.exchanges if e.case == case]
        found = asked or self.exchanges
        return found[-1] if found else None

    def watched(self, reading: Reading) -> Reading:
        """A reading that notes which signals the body asked for, and whether they were shown."""
        return _Watched(reading, self.questioned)


@dataclass(frozen=True)
class _Watched:
    reading: Reading
    questioned: list[tuple[str, bool]]

    def evidence(self, signal: str) -> tuple[Span, ...]:
        """As the reading beneath."""
        found = self.reading.evidence(signal)
        self.questioned.append((signal, bool(found)))
        return found
