"""One rule of a signal: shown where a sentence matches and nothing in it undoes the match."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from pytest_rlhfstress.suites.signal_patterns import Expression, Numbers, probe_length
from pytest_rlhfstress.suites.signal_text import ReplyText, Unit

Path = tuple[str | int, ...]
Where = Callable[[Path], str]
Scope = Literal["clause", "sentence", "reply"]


@dataclass(frozen=True, slots=True)
class Hit:
    """Characters ``start`` to ``end`` of the flat text, and the field of the suite that found them."""

    start: int
    end: int
    found_by: str


class Rule:
    """A compiled rule. Raises UserError for an expression that cannot be used."""

    def __init__(self, written: Mapping[str, object], path: Path, numbers: Numbers, where: Where) -> None:
        self.scope = cast(Scope, written.get("scope", "sentence"))
        self.questions = bool(written.get("questions", True))
        self.languages = frozenset(cast(Sequence[str], written.get("languages", ())))
        self._path = path

        def expressions(field: str) -> tuple[Expression, ...]:
            longest = probe_length("reply" if field == "unless_reply" else self.scope)
            return tuple(
                Expression(text, numbers, lambda at=at: where((*path, field, at)), longest)  # type: ignore[misc]
                for at, text in enumerate(cast(Sequence[str], written.get(field, ())))
            )

        self._match = expressions("match")
        self._unless = expressions("unless")
        self._unless_before = expressions("unless_before")
        self._unless_reply = expressions("unless_reply")

    def hits(self, reply: ReplyText, locale: str, language: str) -> Iterator[Hit]:
        """Where the reply matches this rule, in no particular order."""
        if self.languages and language not in self.languages:
            return
        undone: bool | None = None
        for unit in self._units(reply):
            if unit.question and not self.questions:
                continue
            for hit in self._unit_hits(reply.flat[unit.start : unit.end], unit, locale):
                if undone is None:
                    undone = any(e.matches(reply.flat, locale) for e in self._unless_reply)
                if undone:
                    return
                yield hit

    def _units(self, reply: ReplyText) -> Sequence[Unit]:
        if self.scope == "reply":
            return (Unit(0, len(reply.flat), False, "", True),)
        return reply.clauses if self.scope == "clause" else reply.sentences

    def _unit_hits(self, text: str, unit: Unit, locale: str) -> Iterator[Hit]:
        undone: bool | None = None
        for expression in self._match:
            for start, end in expression.found(text, locale):
                if undone is None:
                    undone = any(e.matches(text, locale) for e in self._unless)
                if undone:
                    return
                if not self._undone_before(text[:start], unit.lead, locale):
                    yield Hit(unit.start + start, unit.start + end, expression.where())

    def _undone_before(self, before: str, lead: str, locale: str) -> bool:
        return any(
            e.matches(before, locale) or (bool(lead) and e.matches(lead, locale)) for e in self._unless_before
        )
