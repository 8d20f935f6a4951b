"""One rule of a signal: shown where a sentence matches and nothing in it undoes the match."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from pytest_rlhfstress.suites.signal_patterns import Expression, Numbers, probe_length
from pytest_rlhfstress.suites.signal_text import ReplyText, Unit
from pytest_rlhfstress.suites.signal_wordings import Wordings

Path = tuple[str | int, ...]
Where = Callable[[Path], str]
Scope = Literal["clause", "sentence", "reply"]


@dataclass(frozen=True, slots=True)
class Hit:
    """Characters ``start`` to ``end`` of the flat text."""

    start: int
    end: int


class Rule:
    """A compiled rule. Raises UserError for an expression that cannot be used."""

    def __init__(
        self, written: Mapping[str, object], path: Path, numbers: Numbers, wordings: Wordings, where: Where
    ) -> None:
        self.scope = cast(Scope, written.get("scope", "sentence"))
        self.questions = bool(written.get("questions", True))
        self.languages = frozenset(cast(Sequence[str], written.get("languages", ())))
        self._path = path

        def expressions(field: str) -> tuple[Expression, ...]:
            longest = probe_length("reply" if field == "unless_reply" else self.scope)
            return tuple(
                Expression(text, numbers, wordings, lambda at=at: where((*path, field, at)), longest)  # type: ignore[misc]
                for at, text in enumerate(cast(Sequence[str], written.get(field, ())))
            )

        self._match = expressions("match")
        self._unless = expressions("unless")
        self._unless_before = expressions("unless_before")
        self._unless_after = expressions("unless_after")
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
                    undone = _any(self._unless_reply, reply.flat, locale)
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
                    undone = _any(self._unless, text, locale)
                if undone:
                    return
                if not self._undone_around(text[:start], text[end:], unit.lead, locale):
                    yield Hit(unit.start + start, unit.start + end)

    def _undone_around(self, before: str, after: str, lead: str, locale: str) -> bool:
        return (
            _any(self._unless_before, before, locale)
            or (bool(lead) and _any(self._unless_before, lead, locale))
            or _any(self._unless_after, after, locale)
        )


def _any(expressions: Sequence[Expression], text: str, locale: str) -> bool:
    return any(expression.matches(text, locale) for expression in expressions)
