"""Cut a text into pieces, each with the marks that lie on it: what an ingredient put in, what shows a signal."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_rlhfstress.finding import Counterexample
from pytest_rlhfstress.reports.plain_text import SHORTENED


@dataclass(frozen=True)
class Mark:
    """Characters ``start`` to ``end`` (exclusive) of a text, which show ``name``; ``kind`` chooses the colour."""

    start: int
    end: int
    kind: str
    name: str


@dataclass(frozen=True)
class Piece:
    """A stretch of text with the same marks throughout; ``kind`` is "" where there are none."""

    text: str
    kind: str = ""
    title: str = ""


def pieces(text: str, marks: Sequence[Mark], most: int) -> tuple[Piece, ...]:
    """``text``, cut after ``most`` characters, in pieces; where marks overlap the first one gives the colour."""
    end = min(len(text), most)
    kept = [m for m in marks if m.start < m.end and m.start < end]
    cuts = sorted({0, end} | {min(place, end) for m in kept for place in (m.start, m.end)})
    found = []
    for start, stop in itertools.pairwise(cuts):
        here = [m for m in kept if m.start <= start and stop <= m.end]
        names = ", ".join(dict.fromkeys(m.name for m in here))
        found.append(Piece(text[start:stop], here[0].kind if here else "", names))
    if end < len(text):
        found.append(Piece(SHORTENED.format(len(text) - end), "cut", "the JSON report has the whole text"))
    return tuple(found)


def reply_marks(case: Counterexample) -> tuple[Mark, ...]:
    """The words of the reply that show the signals the spec asked for."""
    return tuple(Mark(m.start, m.end, "signal", f"shows {m.signal}") for m in case.marked)


def ingredient_marks(text: str, case: Counterexample) -> tuple[Mark, ...]:
    """The words of ``text`` that an ingredient put in and that no later one rewrote."""
    found = []
    for ingredient, phrase in zip(case.ingredients, case.phrases, strict=False):
        start = text.find(phrase) if phrase else -1
        if start >= 0:
            found.append(Mark(start, start + len(phrase), category(ingredient), ingredient))
    return tuple(sorted(found, key=lambda m: (m.start, -m.end)))


CATEGORIES = ("duty", "ambiguous", "hard_negative", "intent", "pressure", "attack", "shift", "placement")


def category(ingredient: str) -> str:
    """The category of ``category:name``, or "other" for one that has no colour of its own."""
    name = ingredient.partition(":")[0]
    return name if name in CATEGORIES else "other"
