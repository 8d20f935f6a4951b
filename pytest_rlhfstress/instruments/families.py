"""Prompts and replies that others wrote, put into a suite's families and acts, or the user's own."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import cast

import regex

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences import PreferencePair
from pytest_rlhfstress.suites import Suite

JOINT = " + "
SECONDS = 2.0
BATCH = 10_000
ENOUGH_FOR_POLARS = 1000


class Families:
    """Reads the family of a prompt off its words, named as the family of a drawn case is: "billing + emergency".

    ``expressions`` maps each part of a family's name to the expressions that show it. Where Polars is installed
    (the extra ``ledger``), large batches are matched by it, some ten times as fast and with the same result.
    Raises UserError for an expression that does not compile.
    """

    def __init__(self, expressions: Mapping[str, Sequence[str]]) -> None:
        self._expressions = {part: tuple(written) for part, written in expressions.items()}
        self._compiled = {part: tuple(map(_compile, written)) for part, written in self._expressions.items()}
        self._ahead: Mapping[str, str] = {}

    @classmethod
    def of_suite(cls, suite: Suite) -> Families:
        """By the suite's keywords of intents, and after them the matters of its section ``families``."""
        intents: dict[str, list[str]] = {}
        for entry in suite.entries["intent"].values():
            if entry.family and entry.keywords:
                intents.setdefault(entry.family, []).extend(entry.keywords)
        return cls({**{family: intents[family] for family in sorted(intents)}, **suite.matter_patterns})

    def of(self, text: str) -> str:
        """The family of one prompt, "" where no expression matches."""
        known = self._ahead.get(text)
        if known is not None:
            return known
        return JOINT.join(part for part, found in self._compiled.items() if any(_matches(one, text) for one in found))

    def of_pair(self, pair: PreferencePair) -> str:
        """The family of everything the user wrote in a pair's prompt, "" where no expression matches."""
        return self.of(_asked(pair))

    def ahead(self, pairs: Iterable[PreferencePair]) -> Iterator[PreferencePair]:
        """The same pairs, read a batch ahead of their use, so that ``of_pair`` has their families ready."""
        source = iter(pairs)
        while batch := list(islice(source, BATCH)):
            texts = list(dict.fromkeys(map(_asked, batch)))
            self._ahead = dict(zip(texts, self.of_all(texts), strict=True))
            yield from batch
        self._ahead = {}

    def of_all(self, texts: Sequence[str]) -> list[str]:
        """The family of each prompt, in order."""
        if len(texts) < ENOUGH_FOR_POLARS or importlib.util.find_spec("polars") is None:
            return [self.of(text) for text in texts]
        return self._of_many(texts)

    def _of_many(self, texts: Sequence[str]) -> list[str]:
        import polars as pl

        frame = pl.DataFrame({"text": texts})
        parts = list(self._expressions)
        known = [part for part in parts if all(_in_polars(written) for written in self._expressions[part])]
        matched = frame.select(
            pl.any_horizontal(
                pl.lit(False), *(pl.col("text").str.contains(f"(?i){written}") for written in self._expressions[part])
            ).alias(str(at))
            for at, part in enumerate(known)
        )
        columns = {part: cast(list[bool], matched[str(at)].to_list()) for at, part in enumerate(known)}
        for part in parts:
            if part not in columns:
                columns[part] = [any(_matches(one, text) for one in self._compiled[part]) for text in texts]
        rows = zip(*(columns[part] for part in parts), strict=True)
        return [JOINT.join(part for part, shown in zip(parts, row, strict=True) if shown) for row in rows]


class Acts:
    """Reads what a reply does with a suite's signals: the names of those it shows, in the suite's order."""

    def __init__(self, suite: Suite, signals: Sequence[str] = (), locale: str = "") -> None:
        self._suite = suite
        self._signals = tuple(signals) or suite.signals.names
        self._locale = locale or suite.locale
        self._of = functools.lru_cache(maxsize=2**16)(self._read)

    def of(self, reply: str) -> tuple[str, ...]:
        """The signals the reply shows; empty where it shows none. Raises UserError for a signal the suite lacks."""
        return self._of(reply)

    def name(self, reply: str) -> str:
        """The same as one name: "escalation + booking", or ""."""
        return JOINT.join(self.of(reply))

    def _read(self, reply: str) -> tuple[str, ...]:
        reading = self._suite.signals.reading(reply, self._locale)
        return tuple(signal for signal in self._signals if reading.evidence(signal))


def _asked(pair: PreferencePair) -> str:
    return "\n".join(message.content for message in pair.prompt if message.role == "user")


def own_names(function: Callable[[str], object]) -> Callable[[str], str]:
    """A user's own function from a text to its family or act: a name, several names, or nothing ("").

    What it returns or raises otherwise is a UserError that names it.
    """
    called = getattr(function, "__qualname__", type(function).__name__)

    def name(text: str) -> str:
        try:
            said = function(text)
        except Exception as error:
            raise UserError(f"{called} raised {type(error).__name__} on {text!r:.80}: {error}") from error
        names = [said] if isinstance(said, str) else list(said) if isinstance(said, Iterable) else [said]
        if any(not isinstance(one, str | None) for one in names):
            raise UserError(f"{called} returned {said!r:.80}; return a name, several names, or None")
        return JOINT.join(cast(list[str], [one for one in names if one]))

    return name


def _compile(written: str) -> regex.Pattern[str]:
    try:
        return regex.compile(written, regex.IGNORECASE)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise UserError(f"{written!r} is not a regular expression: {error}") from None


def _matches(expression: regex.Pattern[str], text: str) -> bool:
    try:
        return expression.search(text, timeout=SECONDS) is not None
    except TimeoutError:
        raise UserError(f"{expression.pattern!r} takes too long on {text!r:.60}; bound its repeats") from None


@functools.cache
def _in_polars(written: str) -> bool:
    """Whether Polars' expressions, which know no looking around, can say it."""
    import polars as pl

    try:
        pl.Series([""]).str.contains(f"(?i){written}")
    except pl.exceptions.ComputeError:
        return False
    return True
