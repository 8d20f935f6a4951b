"""The zoos of the other suites: what is common to them, so that each is a table of voices and defects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zoo_defect import Says, When, both, with_all, with_any
from zoo_voices import Reference, filled

from pytest_rlhfstress.conversation import Case


@dataclass(frozen=True)
class Voice:
    """A careful assistant of one suite. ``says`` goes by the case's situation, ``services`` by signal."""

    name: str
    situation: Callable[[Case], str]
    says: Mapping[str, str]
    services: Mapping[str, str]
    opening: str = "Happy to help."
    between: str = " "

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


@dataclass(frozen=True, eq=False)
class Defect:
    """A careful voice, spoiled in one way; ``own`` is the invariant written for it, ``also`` may be red too."""

    name: str
    own: str
    when: When
    says: Says
    also: Sequence[str] = ()
    samples: int = 1


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


def spoiled(defect: Defect, voice: Voice) -> Callable[[Case, int], str]:
    """``voice`` with the defect."""
    return lambda case, _: defect.says(voice, case) if defect.when(case) else voice.reply(case)


def fact(name: str, *values: str) -> When:
    """Cases of which the fact has one of the values."""
    return lambda case: case.facts[name] in values


def always(_: Case) -> bool:
    """Every case."""
    return True


def instead(text: str) -> Says:
    """The text in place of what is owed; ordinary requests are served as they should be."""
    return lambda voice, case: voice.with_requests(filled(text, case), case)


def added(text: str) -> Says:
    """What is owed, then the text, then the rest."""
    return lambda voice, case: voice.with_requests(f"{voice.owed(case)} {filled(text, case)}", case)


def first(text: str) -> Says:
    """The text, and then the careful reply."""
    return lambda voice, case: f"{filled(text, case)} {voice.reply(case)}"


def only(text: str) -> Says:
    """The text and nothing else."""
    return lambda _, case: filled(text, case)


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
    "always",
    "as_ordinary",
    "both",
    "fact",
    "first",
    "instead",
    "only",
    "requests_first",
    "spoiled",
    "with_all",
    "with_any",
]
