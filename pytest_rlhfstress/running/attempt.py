"""One carrying-out of a spec's body: the case or dialogue it was given, what it asked and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_rlhfstress.conversation import Case, Message, Reading, Reply, Span
from pytest_rlhfstress.dialogue import Dialogue, Exchange


@dataclass(frozen=True)
class Answered:
    """One question of the body and its reply; ``case`` is None for a conversation written by hand."""

    case: Case | None
    messages: tuple[Message, ...]
    reply: Reply


@dataclass
class Attempt:
    """What one carrying-out of the body did, in order."""

    arguments: Mapping[str, object]
    answered: list[Answered] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    """The dialogues carried out."""
    questioned: list[tuple[str, bool]] = field(default_factory=list)
    unanswered: str = ""
    """Why a question got no answer, also where the body went on all the same."""

    @property
    def case(self) -> Case | None:
        """The case the body was given, else the first it asked with; of a dialogue, the case at its last turn."""
        given = next((v for v in self.arguments.values() if isinstance(v, Case)), None)
        asked = [e.case for e in self.answered if e.case is not None]
        if given is None and asked and self.exchange is not None:
            own = [case for case in asked if case.ingredients == self.exchange.dialogue.ingredients]
            return (own or asked)[-1]
        return given or next(iter(asked), None) or self._scripted

    @property
    def _scripted(self) -> Case | None:
        """The case of a dialogue that was given and not carried out: what its script says."""
        given = next((v for v in self.arguments.values() if isinstance(v, Dialogue)), None)
        return given.as_said() if given is not None else None

    @property
    def exchange(self) -> Exchange | None:
        """The dialogue in which a rule was broken, else that of the dialogue the body was given, else the last."""
        given = next((v for v in self.arguments.values() if isinstance(v, Dialogue)), None)
        broken = [e for e in self.exchanges if not all(e.judged)]
        own = [e for e in self.exchanges if e.dialogue == given]
        return next(iter([*broken[:1], *own[:1], *self.exchanges[-1:]]), None)

    @property
    def unjudged(self) -> str:
        """Why nobody can say that the invariant held where nothing broke it; "" where that can be said."""
        return self.unanswered or next((e.cut_short for e in self.exchanges if e.cut_short), "")

    def answered_of(self, case: Case | None) -> Answered | None:
        """The last reply to ``case``, else the last of all."""
        found = [e for e in self.answered if e.case == case] or self.answered
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
