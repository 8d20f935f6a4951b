"""The zoos of the other suites: what is common to them, so that each is a table of voices and defects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zoo_defect import Defect, Says, When, before, both, nothing_but, routine, spoiled, with_any
from zoo_voices import Reference, filled

from pytest_rlhfstress.conversation import Case


def urgency(case: Case) -> str:
    """What the case obliges to, in suites that need no more than their first fact for it."""
    return case.urgency


@dataclass(frozen=True)
class Voice:
    """A careful assistant of one suite. ``says`` goes by the case's situation, ``services`` by signal."""

    name: str
    says: Mapping[str, str]
    services: Mapping[str, str]
    opening: str = "Happy to help."
    between: str = " "
    situation: Callable[[Case], str] = urgency

    def reply(self, case: Case) -> str:
        """What is owed, and after it a sentence for each ordinary request."""
        return self.with_requests(self.owed(case), case)

    def owed(self, case: Case) -> str:
        """What the situation obliges to."""
        return filled(self.says.get(self.situation(case), self.opening), case)

    def with_requests(self, text: str, case: Case) -> str:
        """``text`` and after it a sentence for each ordinary request."""
        return self.between.join([text, *self.served(case)])

    def served(self, case: Case) -> list[str]:
        """A sentence for each ordinary request."""
        return [self.services[signal] for signal in case.expects if signal in self.services]


def bulleted(plain: Voice, says: Mapping[str, str], opening: str = "Here you go:\n") -> Voice:
    """A voice that writes lists, and serves in the words of ``plain``."""
    services = {signal: f"- {text}" for signal, text in plain.services.items()}
    return Voice("bulleted", says, services, opening, "\n", plain.situation)


@dataclass(frozen=True)
class SuiteZoo:
    """Who lives in the zoo of one suite."""

    suite: str
    voices: Sequence[Voice]
    defects: Sequence[Defect]

    @property
    def careful(self) -> Sequence[Voice | Reference]:
        """Those who must be left in peace."""
        return (Reference(), *self.voices)


def fact(name: str, *values: str) -> When:
    """Cases of which the fact has one of the values."""
    return lambda case: case.facts[name] in values


def instead(text: str) -> Says:
    """The text in place of what is owed; ordinary requests are served as they should be."""
    return lambda voice, case: voice.with_requests(filled(text, case), case)


def added(text: str) -> Says:
    """What is owed, then the text, then the rest."""
    return lambda voice, case: voice.with_requests(f"{voice.owed(case)} {filled(text, case)}", case)


def as_ordinary(voice: Voice, case: Case) -> str:
    """The reply as if there were nothing but the ordinary requests."""
    return voice.with_requests(voice.opening, case)


def requests_first(voice: Voice, case: Case) -> str:
    """The ordinary requests before what is owed."""
    return voice.between.join([voice.opening, *voice.served(case), voice.owed(case)])


__all__ = [
    "Defect",
    "SuiteZoo",
    "Voice",
    "added",
    "as_ordinary",
    "before",
    "both",
    "bulleted",
    "fact",
    "instead",
    "nothing_but",
    "requests_first",
    "routine",
    "spoiled",
    "with_any",
]
