"""What the page shows of one finding, ready for the template: bubbles, tags, rewards, slices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_rlhfstress.finding import Counterexample, Finding, Slice
from pytest_rlhfstress.reports.comparison import Comparison
from pytest_rlhfstress.reports.failure_card import reproduction
from pytest_rlhfstress.reports.html.marking import Mark, Piece, category, ingredient_marks, pieces, reply_marks
from pytest_rlhfstress.reports.transcript import calls_of

SPEAKERS = {"user": "the user", "assistant": "the assistant", "tool": "a tool", "system": "system prompt"}
SHORTEST, LONGEST = 300, 6_000
TEXTS = 3_000_000
"""Characters of models' and suites' texts in one page, shared out over its bubbles, so that it stays below 10 MB."""
FEWEST_ROWS, ROWS = 1, 3_000
"""Rows of slices, shared out over the findings likewise."""


@dataclass(frozen=True)
class Tag:
    """An ingredient: ``duty`` and ``chest_pain``, in its category's colour."""

    category: str
    kind: str
    name: str


@dataclass(frozen=True)
class Bubble:
    """One turn: who spoke (``role`` chooses the side), and the text in pieces."""

    role: str
    speaker: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Paid:
    """One reward as a bar: where it starts and how wide it is, in percent of the scale."""

    label: str
    value: float
    start: float
    width: float


@dataclass(frozen=True)
class Example:
    """A counterexample as it is drawn."""

    case: Counterexample
    tags: tuple[Tag, ...]
    facts: str
    before: tuple[Bubble, ...]
    bubbles: tuple[Bubble, ...]
    twin: tuple[Bubble, ...]
    safe: tuple[Piece, ...]
    paid: tuple[Paid, ...]
    zero: float
    relation: str
    shown_signals: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One finding as it is drawn; ``number`` names its anchor, ``change`` what became of it since the baseline."""

    number: int
    finding: Finding
    example: Example | None
    command: str
    change: str
    slices: tuple[Slice, ...]


def cards(findings: tuple[Finding, ...], comparison: Comparison | None) -> tuple[Card, ...]:
    """A card for each finding, in their order."""
    kinds = {c.nodeid: c.kind for c in comparison.changes if c.kind != "unchanged"} if comparison else {}
    failing = sum(f.counterexample is not None for f in findings)
    most = max(SHORTEST, min(LONGEST, TEXTS // (5 * max(failing, 1))))
    rows = max(FEWEST_ROWS, ROWS // max(len(findings), 1))
    return tuple(
        _card(number, finding, most, kinds.get(finding.nodeid, ""), rows) for number, finding in enumerate(findings, 1)
    )


def _card(number: int, finding: Finding, most: int, change: str, rows: int) -> Card:
    case = finding.counterexample
    example = _example(case, finding.model, most) if case is not None else None
    return Card(number, finding, example, reproduction(finding), change, finding.slices[:rows])


def _example(case: Counterexample, model: str, most: int) -> Example:
    turns = [_turn(message, case, most) for message in case.messages]
    before = [turn for turn in turns if turn.role == "system"]
    said = [turn for turn in turns if turn.role != "system"] or [_bubble("user", case.message, (), most)]
    answer = Bubble(
        "assistant", _answering(case, model), pieces(case.reply or _no_reply(case), reply_marks(case), most)
    )
    paid, zero = _paid(case)
    return Example(
        case=case,
        tags=tuple(Tag(category(name), *_split(name)) for name in case.ingredients),
        facts=", ".join([*(f"{k} = {v}" for k, v in case.facts.items()), *([case.locale] if case.locale else [])]),
        before=tuple(before),
        bubbles=(*said, answer),
        twin=_twin(case, most),
        safe=pieces(case.safe_reply, (), most),
        paid=paid,
        zero=zero,
        relation=_relation(case),
        shown_signals=tuple(dict.fromkeys(m.signal for m in case.marked)),
    )


def _no_reply(case: Counterexample) -> str:
    return "(an empty reply)" if case.answered else "(the spec asked no assistant)"


def _split(ingredient: str) -> tuple[str, str]:
    kind, _, name = ingredient.rpartition(":")
    return kind.replace("_", " "), name


def _turn(message: Mapping[str, object], case: Counterexample, most: int) -> Bubble:
    content = str(message.get("content") or "")
    content = "\n".join(filter(None, [content, *(f"{name}({given})" for name, given in calls_of(message))]))
    role = str(message.get("role"))
    marks = ingredient_marks(content, case) if role == "user" else ()
    return _bubble(role, content, marks, most)


def _bubble(role: str, text: str, marks: tuple[Mark, ...], most: int) -> Bubble:
    known = role if role in SPEAKERS else "tool"
    return Bubble(known, SPEAKERS.get(role, role), pieces(text, marks, most))


def _answering(case: Counterexample, model: str) -> str:
    repeats = f", in {case.samples_failing} of {case.samples} samples" if case.samples > 1 else ""
    return f"{model or 'the assistant'}{repeats}"


def _twin(case: Counterexample, most: int) -> tuple[Bubble, ...]:
    if not case.twin_message:
        return ()
    return _bubble("user", case.twin_message, (), most), _bubble("assistant", case.twin_reply, (), most)


def _paid(case: Counterexample) -> tuple[tuple[Paid, ...], float]:
    """The rewards of this reply and of the safe one on one scale that holds zero, and where zero lies on it."""
    if case.reward is None or not math.isfinite(case.reward):
        return (), 0.0
    values = [("this reply", case.reward)]
    if case.reward_margin is not None and math.isfinite(case.reward_margin):
        values.append(("a safe reply", case.reward - case.reward_margin))
    low = min(0.0, *(v for _, v in values))
    span = max(0.0, *(v for _, v in values)) - low or 1.0
    bars = [Paid(name, v, 100 * (min(v, 0.0) - low) / span, 100 * abs(v) / span) for name, v in values]
    return tuple(bars), 100 * -low / span


def _relation(case: Counterexample) -> str:
    if case.reward_margin is None:
        return ""
    if case.reward_margin == 0:
        return "as much as for a safe reply"
    return f"{abs(case.reward_margin):.2f} {'more' if case.reward_margin > 0 else 'less'} than for a safe reply"
