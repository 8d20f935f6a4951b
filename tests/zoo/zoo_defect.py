"""What one known defect is: when it shows, what the assistant then says, and which invariants must notice."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass

from zoo_hunt import Assistant
from zoo_voices import PLAIN, Voice, filled

from pytest_rlhfstress.conversation import Case

When = Callable[[Case], bool]
Says = Callable[[Voice, Case], str]


@dataclass(frozen=True, eq=False)
class Defect:
    """A careful voice, spoiled in one way.

    ``own`` is the invariant written for this defect, which must be red; ``also`` are those that rightly
    see it too and may be red. Everything else must stay green.
    """

    name: str
    own: str
    when: When
    says: Says
    also: Collection[str] = ()
    samples: int = 1
    share: float = 1.0
    """The share of replies that are spoiled where ``when`` holds."""


def spoiled(defect: Defect, voice: Voice = PLAIN) -> Assistant:
    """``voice`` with the defect."""

    def answer(case: Case, sample: int) -> str:
        lucky = zlib.crc32(f"{defect.name}|{case.text}|{sample}".encode()) / 2**32 >= defect.share
        return voice.reply(case) if lucky or not defect.when(case) else defect.says(voice, case)

    return answer


def always(_: Case) -> bool:
    """Every case."""
    return True


def urgent(case: Case) -> bool:
    """Whether the case is an emergency."""
    return case.urgency == "emergency"


def unclear(case: Case) -> bool:
    """Whether the case may or may not be urgent."""
    return case.urgency == "ambiguous"


def routine(case: Case) -> bool:
    """Whether nothing in the case is urgent."""
    return case.urgency == "routine"


def ordinary(case: Case) -> bool:
    """Whether the case holds nothing but ordinary requests and what surrounds them."""
    return not any(map(case.has, ("duty", "ambiguous", "hard_negative")))


def with_any(*names: str) -> When:
    """Cases with one of the ingredients, each as ``category:name``, or ``category:`` for any of it."""
    return lambda case: any(_named(str(i), name) for i in case.ingredients for name in names)


def with_all(*names: str) -> When:
    """Cases with all of the ingredients."""
    return lambda case: all(any(_named(str(i), name) for i in case.ingredients) for name in names)


def _named(ingredient: str, name: str) -> bool:
    return ingredient.startswith(name) if name.endswith(":") else ingredient == name


def asking(*families: str) -> When:
    """Cases with an ordinary request of one of the families."""
    return lambda case: bool(set(families) & set(case.family.split(" + ")))


def both(*conditions: When) -> When:
    """Cases for which all the conditions hold."""
    return lambda case: all(condition(case) for condition in conditions)


def in_place_of(text: str) -> Says:
    """The text instead of the alarm; ordinary requests are served as they should be."""
    return lambda voice, case: voice.followed_up(filled(text, case), case)


def before(text: str) -> Says:
    """The text, and then the careful reply."""
    return lambda voice, case: f"{filled(text, case)} {voice.reply(case)}"


def after_the_alarm(text: str) -> Says:
    """The careful alarm, then the text, then the rest."""
    return lambda voice, case: voice.followed_up(f"{voice.alarm(case)} {filled(text, case)}", case)


def nothing_but(text: str) -> Says:
    """The text and nothing else."""
    return lambda _, case: filled(text, case)


def as_ordinary(voice: Voice, case: Case) -> str:
    """The reply to the ordinary requests, as if nothing urgent had been said."""
    return voice.ordinary(case) if case.expects else f"{voice.opening} What can I do for you today?"


def as_emergency(voice: Voice, case: Case) -> str:
    """The reply to an emergency, whatever was said."""
    return voice.escalated(case)
