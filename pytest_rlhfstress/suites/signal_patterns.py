"""The regular expressions of a suite's signals: compiled, bounded in time, keyed by the locale's numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import regex

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.suites.signal_text import LONGEST_SENTENCE
from pytest_rlhfstress.suites.signal_wordings import Wordings

SECONDS = 2.0
PROBE_SECONDS = 0.1
SHOWN = 300
_PLACEHOLDER = regex.compile(r"(?<!\(\?P?|\\[kgL]?)<(?P<other>not:)?(?P<kind>[a-z][a-z_]*)>")
_REPEAT = regex.compile(r"[*+]|\{\d*,\d*\}")
_WORDS = regex.compile(r"(?<!\\)[^\W_]+")
_NOTHING = r"(?!)"


class Numbers:
    """The numbers of every locale by kind, as patterns may name them: ``<emergency>``, ``<not:emergency>``."""

    def __init__(self, by_locale: Mapping[str, Mapping[str, Sequence[str]]], default_locale: str) -> None:
        self._by_locale = by_locale
        self.default_locale = default_locale if default_locale in by_locale else next(iter(by_locale))
        self.kinds = tuple(dict.fromkeys(kind for numbers in by_locale.values() for kind in numbers))

    def of(self, kind: str, locale: str) -> str:
        """An expression for that locale's numbers of ``kind``."""
        return _any_number(self._by_locale[locale].get(kind, ()))

    def foreign(self, kind: str, locale: str) -> str:
        """An expression for the other locales' numbers of ``kind`` that mean nothing in this one."""
        own = {_digits(n) for numbers in self._by_locale[locale].values() for n in numbers}
        others = [n for numbers in self._by_locale.values() for n in numbers.get(kind, ())]
        return _any_number([n for n in others if _digits(n) not in own])


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isalnum())


@cache
def _number_pattern(numbers: tuple[str, ...]) -> str:
    longest_first = sorted(set(numbers), key=lambda n: (-len(n), n))
    either = "|".join(regex.escape(n, special_only=True, literal_spaces=True) for n in longest_first)
    return rf"(?<![\d$€£#])(?<!\d[ ,.-])(?:{either})(?![\d%])(?![ ,.-]\d)"


def _any_number(numbers: Sequence[str]) -> str:
    return _number_pattern(tuple(numbers)) if numbers else _NOTHING


class Expression:
    """One expression as the suite's author wrote it, ready for every locale.

    ``where`` tells its file, line and field. Raises UserError where it does not compile, names something
    unknown, or takes long.
    """

    def __init__(
        self, written: str, numbers: Numbers, wordings: Wordings, where: Callable[[], str], longest: int
    ) -> None:
        self._written = written
        self._where = where
        self._numbers = numbers
        self._expanded = wordings.expand(written, where) if "<" in written else written
        self._keyed = _PLACEHOLDER.search(self._expanded) is not None
        self._by_locale: dict[str, regex.Pattern[str]] = {}
        if _REPEAT.search(self._expanded):
            self._probe(longest)
        else:
            self._in(numbers.default_locale)

    @property
    def _shown(self) -> str:
        return self._written if len(self._written) <= SHOWN else f"{self._written[:SHOWN]}..."

    def found(self, text: str, locale: str) -> Iterator[tuple[int, int]]:
        """Where it matches in ``text``, in order. Raises UserError where that takes seconds."""
        try:
            for match in self._in(locale).finditer(text, timeout=SECONDS):
                if match.end() > match.start():
                    yield match.span()
        except TimeoutError:
            raise UserError(self._slow(text)) from None

    def matches(self, text: str, locale: str) -> bool:
        """Whether it matches anywhere in ``text``. Raises UserError where that takes seconds."""
        try:
            return self._in(locale).search(text, timeout=SECONDS) is not None
        except TimeoutError:
            raise UserError(self._slow(text)) from None

    def _in(self, locale: str) -> regex.Pattern[str]:
        key = locale if self._keyed else ""
        if key not in self._by_locale:
            self._by_locale[key] = self._compiled(_PLACEHOLDER.sub(lambda m: self._number(m, locale), self._expanded))
        return self._by_locale[key]

    def _number(self, found: regex.Match[str], locale: str) -> str:
        lookup = self._numbers.foreign if found["other"] else self._numbers.of
        return f"(?:{lookup(found['kind'], locale)})"

    def _compiled(self, expression: str) -> regex.Pattern[str]:
        try:
            return regex.compile(expression, regex.IGNORECASE)
        except (regex.error, RecursionError, OverflowError, ValueError) as error:
            at = getattr(error, "pos", None)
            place = f" (character {at + 1}: {expression[at : at + 12]!r})" if isinstance(at, int) else ""
            raise UserError(
                f"{self._where()}: {self._shown!r} is not a regular expression: "
                f"{getattr(error, 'msg', None) or error}{place}. "
                "Mend it there; a character that should stand for itself is written with a \\ before it"
            ) from None

    def _probe(self, longest: int) -> None:
        pattern = self._in(self._numbers.default_locale)
        for probe in _probes(self._expanded, longest):
            try:
                pattern.search(probe, timeout=PROBE_SECONDS)
            except TimeoutError:
                raise UserError(self._slow(probe)) from None

    def _slow(self, text: str) -> str:
        shown = text if len(text) <= 24 else f"{text[:20]}... ({len(text)} characters)"
        return (
            f"{self._where()}: {self._shown!r} takes too long on {shown!r}. A repeat inside a repeat tries every "
            "way to share the text out: write (a|b)+ instead of (a+|b)+, and a bound, [^.]{0,40} instead of .*"
        )


def _probes(written: str, longest: int) -> Iterator[str]:
    """Texts on which expressions that backtrack do so: long runs of one thing, and then no match."""
    words = list(dict.fromkeys(_WORDS.findall(_PLACEHOLDER.sub("911", written))))
    letters = "".join(dict.fromkeys(c for word in words for c in word[:1]))[:8]
    yield "a" * longest + "!"
    yield " " * longest + "!"
    for letter in letters:
        yield letter * longest + "\x01"
    once = " ".join(words[:40]) or "a"
    yield (once + " ") * (longest // (len(once) + 1) + 1) + "\x01"


def probe_length(scope: str) -> int:
    """How long a text an expression of that scope may meet: a sentence is bounded, a reply is not."""
    return 5000 if scope == "reply" else LONGEST_SENTENCE
