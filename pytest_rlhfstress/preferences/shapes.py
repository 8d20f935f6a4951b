"""Which field of a file plays which part: recognised by the names people use, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.preferences.choices import MEANINGS, Winner, meanings

Kind = Literal["pair", "contest", "label", "rating"]

_USUAL: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "instruction", "question", "query", "conversations", "messages", "context"),
    "chosen": ("chosen", "chosen_response", "response_chosen"),
    "rejected": ("rejected", "rejected_response", "response_rejected"),
    "first": ("response_a", "response1", "response_1", "output_1", "answer_a", "completion_a", "conversation_a"),
    "second": ("response_b", "response2", "response_2", "output_2", "answer_b", "completion_b", "conversation_b"),
    "winner": ("winner", "preference", "choice"),
    "completion": ("completion", "response", "reply"),
    "label": ("label",),
    "margin": ("margin",),
    "score_chosen": ("score_chosen", "chosen_score"),
    "score_rejected": ("score_rejected", "rejected_score"),
    "tools": ("tools",),
    "item": ("item", "item_id", "id", "question_id", "prompt_id"),
    "rater": ("rater", "rater_id", "annotator", "annotator_id", "worker_id", "judge"),
    "value": ("value", "rating", "score"),
    "votes": ("votes",),
}
_ONE_RATER_EACH = re.compile(r"(?:annotator|rater|judge|vote|annotation|worker)[ _-]?\d+")
_ONE_WINNER_EACH: dict[str, Winner] = {
    "winner_model_a": "first",
    "winner_model_b": "second",
    "winner_tie": "tie",
}
WHAT_TO_WRITE = (
    "say which field is which: prompt=COLUMN,chosen=COLUMN,rejected=COLUMN, or "
    "prompt=COLUMN,first=COLUMN,second=COLUMN,winner=COLUMN, or prompt=COLUMN,completion=COLUMN,label=COLUMN"
)


@dataclass(frozen=True)
class Shape:
    """How the rows of one file are read.

    ``column`` names the field that plays each part; ``more`` is a second one that belongs to the prompt
    (``instruction+input``); ``raters`` are the fields that each hold one rater's word.
    """

    kind: Kind
    column: Mapping[str, str]
    more: tuple[str, ...]
    raters: tuple[str, ...]
    words: Mapping[str, Winner]
    flags: Mapping[str, Winner]

    def value(self, fields: Mapping[str, object], part: str) -> object:
        """What a row has for ``part``, None where it has nothing."""
        return fields.get(self.column.get(part, part))


def parse_fields(text: str) -> dict[str, str]:
    """``"prompt=instruction,chosen=good"`` as a mapping. Raises UserError for what is not of that form."""
    fields = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        part, equals, column = (word.strip() for word in entry.partition("="))
        if not equals or not part or not column:
            raise UserError(f"preference fields: {entry!r} is not of the form prompt=COLUMN")
        fields[part] = column
    return fields


def recognise(columns: Iterable[str], given: Mapping[str, str], name: str) -> Shape:
    """The shape of data with these columns, as far as ``given`` does not say otherwise.

    Raises UserError, naming the columns there are, where they are no preference data anybody knows.
    """
    there = list(dict.fromkeys(columns))
    _check(given, there, name)
    column = {part: _find(part, given, there) for part in _USUAL}
    found = {part: name for part, name in column.items() if name}
    raters = _raters(given.get("votes", ""), there)
    prompt = found.get("prompt", "").split("+")
    more = tuple(prompt[1:])
    found["prompt"] = prompt[0] or "prompt"
    if "prompt" not in given and found["prompt"] == "instruction" and "input" in there:
        more = ("input",)
    flags = {c: w for c, w in _ONE_WINNER_EACH.items() if c in there}
    kind = _kind(found, raters, flags)
    if kind is None:
        raise UserError(
            f"{name}: no preference data known here; the fields are {', '.join(map(repr, there)) or 'none'}; "
            f"{WHAT_TO_WRITE}"
        )
    return Shape(kind, found, more, raters, meanings(given), flags)


def _kind(found: Mapping[str, str], raters: tuple[str, ...], flags: Mapping[str, Winner]) -> Kind | None:
    if {"chosen", "rejected"} <= set(found):
        return "pair"
    if {"first", "second"} <= set(found) and ("winner" in found or raters or flags or "votes" in found):
        return "contest"
    if {"completion", "label"} <= set(found):
        return "label"
    if "item" in found and (raters or {"rater", "value"} <= set(found)):
        return "rating"
    return None


def _find(part: str, given: Mapping[str, str], there: list[str]) -> str:
    if part in given:
        return given[part]
    return next((name for name in _USUAL[part] if name in there), "")


def _raters(pattern: str, there: list[str]) -> tuple[str, ...]:
    if pattern:
        return tuple(name for name in there if pattern != name and fnmatchcase(name, pattern))
    return tuple(name for name in there if _ONE_RATER_EACH.fullmatch(name.casefold()))


def _check(given: Mapping[str, str], there: list[str], name: str) -> None:
    parts = {*_USUAL, *MEANINGS}
    for part, written in given.items():
        if part not in parts:
            raise UserError(f"preference fields: there is no part {part!r}{nearest(part, parts)}")
        if part in MEANINGS:
            continue
        for column in written.split("+"):
            if not any(fnmatchcase(known, column) for known in there):
                raise UserError(f"{name}: there is no field {column!r} for {part}{nearest(column, there)}")
