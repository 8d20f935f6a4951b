"""A reply as detectors read it: without markup and quotations, cut into sentences and clauses."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pytest_rlhfstress.conversation import Span

LONGEST_SENTENCE = 800
HIDDEN = "\ufffc"

_MARKUP = re.compile(
    r"""
    (?P<newline>[ \t]*(?:\r\n?|\n|\u2028|\u2029)\s*)
  | (?P<gone>\*{1,3}|~~|`{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|[\u200b-\u200f\u2060\ufeff\ufe0f\u20e3\u00ad]
      |\[(?=[^\]\n]{1,200}\]\()|\]\([^)\s]{0,500}\)|</?[a-zA-Z][^<>\n]{0,80}>)
  | (?P<space>[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{2,}
      |[\t\u00a0\u2000-\u200a\u202f\u205f\u3000\x00-\x08\x0b\x0c\x0e-\x1f\x7f])
  | (?P<char>[\u2018\u2019\u201a\u201b\u2032\u00b4\u201c\u201d\u201e\u201f\u00ab\u00bb\u2010\u2011\u2012\u2013])
    """,
    re.VERBOSE,
)
_MARKER = re.compile(
    r"""(?:
    (?P<quote>>[ ]?)
  | (?P<heading>\#{1,6}[ ]*|(?=\*\*[^*\n]{1,120}\*\*:?[ \t]*(?:\n|$)|__[^_\n]{1,120}__[ \t]*(?:\n|$)))
  | (?P<item>(?:[-*+\u2022\u2023\u25aa\u25cf\u25cb\u00b7\u2013\u2014][ \t]+|[\u2022\u2023\u25aa\u25cf\u25cb]
      |\(?\d{1,2}[.)][ \t]+|[a-h][.)][ \t]+)(?:\[[ xX]\][ ])?)
    )""",
    re.VERBOSE,
)
_CALLOUT = re.compile(r">\s*(?:\*\*|\[!|\W?[\u26a0\u2757\U0001f6a8\u203c\u2716\U0001f198])")
_CHARS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012", "-"),
}

_SAID = (
    r"(?:you(?:'ve|'d| have| had| just| also)* (?:said|say|saying|wrote|write|asked|ask|asking|mention(?:ed)?"
    r"|told|tell|typed|quoted|put it|were told|want me to (?:say|tell|reply|write|respond))"
    r"|\b(?:his|her|their|the|your|that|this|pasted|forwarded) (?:\w+ )?(?:message|note|request|question|text|words"
    r"|instructions?|prompt|e-?mail|letter|post|voicemail|phrase|line|sentence|statement|sign|brochure|leaflet)"
    r"|\b(?:he|she|they|mom|mum|dad|nurse|doctor|neighbou?r|friend|husband|wife|colleague) "
    r"(?:said|says|wrote|told you|kept saying)"
    r"|\b(?:dijo|dijiste|escribi\u00f3|pregunt\u00f3|su mensaje|tu mensaje|vous avez (?:dit|\u00e9crit|demand\u00e9)"
    r"|votre message|sie (?:haben )?(?:geschrieben|gesagt|schreiben|fragen)|du schreibst|ihre nachricht"
    r"|deine nachricht))"
)
_QUOTED = re.compile(
    rf"(?:{_SAID})[^\"\n]{{0,60}}?(?P<a>\"[^\"\n]{{1,600}}\")"
    rf"|(?:{_SAID})[^'\n]{{0,60}}?(?P<b>(?<!\w)'(?=\S)(?:[^'\n]|'(?=\w)){{1,600}}'(?!\w))"
    r"|(?P<c>\"[^\"\n]{1,600}\")(?=,? (?:as )?(?:you(?:'ve| have)? (?:said|wrote|asked|put it|mentioned)))",
    re.IGNORECASE,
)
_STOP = re.compile(r"\n|[.!?\u2026]+[\"')\]]*(?=[ \n]|$)|[\u3002\uff01\uff1f]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:dr|mr|mrs|ms|prof|st|sr|sra|dra|vs|approx|e\.g|i\.e|a\.m|p\.m|u\.s|u\.k|z\.b|d\.h|bzw|ca"
    r"|p\.?ej|ext|dept|ph\.d|m\.d|[a-hj-z])\.$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?<!\w)no\. ?(?=\d)", re.IGNORECASE)
_CLAUSE = re.compile(
    r";|\u2014| - |,? (?:but(?! (?:only|just) (?:if|when))|however|though|pero|aber|sondern|mais)(?=,? )",
    re.IGNORECASE,
)
_DASHES = ("\u2014", "-")
_CONDITION = re.compile(
    r"(?:if|when|should|in case|unless|for|si|wenn|falls|bei|en caso|en cas)\b[^,]*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or clause: characters ``start`` to ``end`` of the flat text.

    ``lead`` is the line that introduces it ("Go there if you notice:", a heading), or "".
    """

    start: int
    end: int
    question: bool
    lead: str
    first: bool


class ReplyText:
    """One reply, flattened: markup and what it quotes from the user taken out, places kept."""

    def __init__(self, original: str) -> None:
        self.original = original
        builder = _Flattened(original)
        self._flat_at, self._original_at = builder.flat_at, builder.original_at
        self.line_kinds = builder.line_kinds
        self.flat = _without_quotations(builder.text)

    def span(self, start: int, end: int) -> Span:
        """The piece of the original text behind characters ``start`` to ``end`` of the flat text."""
        begin, stop = self._to_original(start), self._to_original(max(start, end - 1)) + 1
        return Span(begin, stop, self.original[begin:stop])

    def _to_original(self, at: int) -> int:
        known = bisect.bisect_right(self._flat_at, at) - 1
        return min(self._original_at[known] + at - self._flat_at[known], len(self.original))

    @cached_property
    def sentences(self) -> tuple[Unit, ...]:
        """The sentences, in order."""
        return tuple(self._sentences())

    @cached_property
    def clauses(self) -> tuple[Unit, ...]:
        """The sentences cut further at semicolons, dashes and "but"."""
        return tuple(clause for sentence in self.sentences for clause in self._cut(sentence))

    def _cut(self, sentence: Unit) -> Iterator[Unit]:
        start, lead, first = sentence.start, sentence.lead, sentence.first
        for mark in _CLAUSE.finditer(self.flat, sentence.start, sentence.end):
            left, cutter = self.flat[start : mark.start()].strip(), mark.group().strip()
            if left:
                yield Unit(start, mark.start(), sentence.question, lead, first)
                first = False
            if cutter in _DASHES and _CONDITION.match(left):
                lead = left
            start = mark.end() if cutter in (";", *_DASHES) else mark.start()
        yield Unit(start, sentence.end, sentence.question, lead, first)

    def _sentences(self) -> Iterator[Unit]:
        lead, opening = "", True
        for start, end, kind in self._lines():
            units = list(self._line_sentences(start, end))
            if not units:
                continue
            for at, (begin, stop) in enumerate(units):
                wanted = lead if kind == "item" or at == 0 else ""
                yield Unit(begin, stop, "?" in self.flat[max(begin, stop - 4) : stop], wanted, opening)
                opening = False
            last = self.flat[units[-1][0] : end].rstrip()
            if kind == "heading" or (kind != "item" and last.endswith(":")):
                lead = last
            elif kind != "item":
                lead = ""

    def _lines(self) -> Iterator[tuple[int, int, str]]:
        start = 0
        for kind in self.line_kinds:
            end = self.flat.find("\n", start)
            end = len(self.flat) if end < 0 else end
            yield start, end, kind
            start = end + 1

    def _line_sentences(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        begin = start
        for stop in _STOP.finditer(self.flat, start, end):
            if self._abbreviated(begin, stop):
                continue
            yield from self._short(begin, stop.end())
            begin = stop.end()
        yield from self._short(begin, end)

    def _abbreviated(self, begin: int, stop: re.Match[str]) -> bool:
        before = self.flat[max(begin, stop.start() - 8) : stop.end()]
        return stop.group() == "." and bool(
            _ABBREVIATION.search(before) or _NUMBERED.match(self.flat, max(begin, stop.start() - 2))
        )

    def _short(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        while start < end and self.flat[start] == " ":
            start += 1
        while end - start > LONGEST_SENTENCE:
            cut = self.flat.rfind(" ", start + 1, start + LONGEST_SENTENCE)
            cut = cut if cut > 0 else start + LONGEST_SENTENCE
            yield start, cut
            start = cut
        if start < end:
            yield start, end


class _Flattened:
    """The text without markup, and a table from places in it to places in the original."""

    def __init__(self, original: str) -> None:
        self.flat_at: list[int] = [0]
        self.original_at: list[int] = [0]
        self.line_kinds: list[str] = []
        self._parts: list[str] = []
        self._length = 0
        self._original = original
        at = self._line_start(len(original) - len(original.lstrip()))
        for mark in _MARKUP.finditer(original, at):
            if mark.start() < at:
                continue
            self._copy(at, mark.start())
            at = self._replaced(mark)
        self._copy(at, len(original))
        self.text = "".join(self._parts)

    def _replaced(self, mark: re.Match[str]) -> int:
        if mark["newline"] is not None:
            self._put("\n", mark.start())
            return self._line_start(mark.end())
        if mark["space"] is not None:
            self._put(" ", mark.start())
        elif mark["char"] is not None:
            self._put(self._character(mark), mark.start())
        return mark.end()

    def _character(self, mark: re.Match[str]) -> str:
        if mark.group() != "\u2013":
            return _CHARS[mark.group()]
        around = self._original[max(0, mark.start() - 1) : mark.end() + 1]
        return "-" if len(around) == 3 and around[0].isalnum() and around[2].isalnum() else "\u2014"

    def _line_start(self, at: int) -> int:
        mark = _MARKER.match(self._original, at)
        kind = (mark.lastgroup or "") if mark else ""
        self.line_kinds.append(kind)
        if mark is None:
            return at
        if kind == "quote" and not _CALLOUT.match(self._original, at):
            end = self._original.find("\n", at)
            end = len(self._original) if end < 0 else end
            self._put(HIDDEN, at)
            return end
        return mark.end()

    def _copy(self, start: int, end: int) -> None:
        if end > start:
            self._put(self._original[start:end], start)

    def _put(self, text: str, original_at: int) -> None:
        if self._length - self.flat_at[-1] != original_at - self.original_at[-1]:
            self.flat_at.append(self._length)
            self.original_at.append(original_at)
        self._parts.append(text)
        self._length += len(text)


def _without_quotations(flat: str) -> str:
    if '"' not in flat and "'" not in flat:
        return flat
    parts, at = [], 0
    for found in _QUOTED.finditer(flat):
        kind = next(name for name in ("a", "b", "c") if found[name] is not None)
        start, end = found.span(kind)
        parts += [flat[at:start], HIDDEN * (end - start)]
        at = end
    return "".join([*parts, flat[at:]])
