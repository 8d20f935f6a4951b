"""From rows to the preference pairs, labelled replies or ratings in them; what is bad is counted, not dropped."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

from pytest_rlhfstress.preferences.cells import number_in, rating_in, text_in, tools_in, yes_in
from pytest_rlhfstress.preferences.orienting import joined, oriented
from pytest_rlhfstress.preferences.pair import LabelledReply, PreferencePair, Rating
from pytest_rlhfstress.preferences.problems import BadRowError, Problem, Problems
from pytest_rlhfstress.preferences.rows import Row
from pytest_rlhfstress.preferences.shapes import Shape
from pytest_rlhfstress.preferences.turns import prompt_of, reply_of, split
from pytest_rlhfstress.preferences.voting import votes_in

_REPLIES = {"pair": ("chosen", "rejected"), "contest": ("first", "second")}


def pairs_in(rows: Iterable[Row | Problem], shape: Shape, problems: Problems) -> Iterator[PreferencePair]:
    """Every pair the rows hold; rows of one item that follow each other and show the same replies make one pair.

    Bad rows go to ``problems``, which raises UserError when they are too many.
    """
    last: PreferencePair | None = None
    for row in _good(rows, problems):
        try:
            pairs = _pairs(row, shape, problems)
        except BadRowError as error:
            problems.add(Problem(row.file, row.line, str(error)))
            continue
        for pair in pairs:
            both = joined(last, pair) if last is not None and last.item else None
            if both is None and last is not None:
                yield last
            last = both or pair
    if last is not None:
        yield last


def labelled_in(rows: Iterable[Row | Problem], shape: Shape, problems: Problems) -> Iterator[LabelledReply]:
    """Every labelled reply the rows hold; bad rows go to ``problems``."""
    for row in _good(rows, problems):
        try:
            reply = LabelledReply(
                prompt=prompt_of(_prompt(row, shape)),
                reply=reply_of(_needed(row, shape, "completion")),
                good=yes_in(_needed(row, shape, "label"), shape.column["label"]),
                rater=text_in(shape.value(row.fields, "rater")),
                item=text_in(shape.value(row.fields, "item")),
                line=row.line,
            )
        except BadRowError as error:
            problems.add(Problem(row.file, row.line, str(error)))
        else:
            yield reply


def ratings_in(rows: Iterable[Row | Problem], shape: Shape, problems: Problems) -> Iterator[Rating]:
    """Every rating the rows hold, one a row or one a rater's column; bad rows go to ``problems``."""
    for row in _good(rows, problems):
        try:
            ratings = _ratings(row, shape)
        except BadRowError as error:
            problems.add(Problem(row.file, row.line, str(error)))
        else:
            yield from ratings


def _good(rows: Iterable[Row | Problem], problems: Problems) -> Iterator[Row]:
    for row in rows:
        problems.rows += 1
        if isinstance(row, Problem):
            problems.add(row)
        else:
            yield row


def _pairs(row: Row, shape: Shape, problems: Problems) -> list[PreferencePair]:
    """The pairs of one row: one, or one for each chosen with each rejected where they are lists."""
    firsts, seconds = (_alternatives(_needed(row, shape, part)) for part in _REPLIES[shape.kind])
    several = len(firsts) * len(seconds) > 1
    prompt = _prompt(row, shape)
    votes = votes_in(row.fields, shape, problems)
    item = text_in(shape.value(row.fields, "item"))
    margin, *scores = (_finite(row, shape, part, problems) for part in ("margin", "score_chosen", "score_rejected"))
    tools = tools_in(shape.value(row.fields, "tools"))
    problems.saw_margin(margin is not None, row.line)
    found = []
    for at, (first, second) in enumerate(itertools.product(firsts, seconds), 1):
        context, one, other = split(prompt, first, second)
        if one == other:
            problems.remark("a reply is compared with itself", row.line)
        found.append(
            oriented(
                PreferencePair(
                    context,
                    one,
                    other,
                    votes,
                    tie=row.fields.get("tie") is True,
                    margin=margin,
                    score_chosen=scores[0],
                    score_rejected=scores[1],
                    tools=tools,
                    item=f"{item}#{at}" if several and item else item,
                    line=row.line,
                )
            )
        )
    return found


def _ratings(row: Row, shape: Shape) -> list[Rating]:
    item = text_in(_needed(row, shape, "item"))
    about = text_in(shape.value(row.fields, "prompt"))
    if shape.raters:
        return [Rating(item, r, rating_in(row.fields.get(r), r), about, row.line) for r in shape.raters]
    value = rating_in(shape.value(row.fields, "value"), shape.column["value"])
    return [Rating(item, text_in(_needed(row, shape, "rater")), value, about, row.line)]


def _prompt(row: Row, shape: Shape) -> object:
    prompt = shape.value(row.fields, "prompt")
    if not shape.more:
        return prompt
    return "\n\n".join(filter(None, map(text_in, [prompt, *map(row.fields.get, shape.more)])))


def _needed(row: Row, shape: Shape, part: str) -> object:
    value = shape.value(row.fields, part)
    if value is None:
        raise BadRowError(f"{shape.column.get(part, part)} is missing")
    return value


def _alternatives(value: object) -> Sequence[object]:
    """The replies in a field: itself, or the texts (or conversations) of a list."""
    if not isinstance(value, list):
        return [value]
    if not value:
        raise BadRowError("a list of replies is empty")
    return [value] if any(isinstance(v, dict) for v in value) else value


def _finite(row: Row, shape: Shape, part: str, problems: Problems) -> float | None:
    number = number_in(shape.value(row.fields, part), shape.column.get(part, part))
    if number is not None and math.isnan(number):
        problems.remark(f"{part} is not a number (read as absent)", row.line)
        return None
    return number
