"""The signals of a suite: what a reply does, read off its words, with the words as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import cast

from pytest_rlhfstress.conversation import Reading, Span
from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.suites.allowing import check_allowed
from pytest_rlhfstress.suites.signal_classifier import load_classifier
from pytest_rlhfstress.suites.signal_detectors import detect, import_detector
from pytest_rlhfstress.suites.signal_judge import Judge
from pytest_rlhfstress.suites.signal_patterns import Numbers
from pytest_rlhfstress.suites.signal_rules import Path, Rule, Where
from pytest_rlhfstress.suites.signal_text import ReplyText
from pytest_rlhfstress.suites.signal_wordings import Wordings

REMEMBERED = 1024
Fields = Mapping[str, object]
Places = Sequence[tuple[int, int]]


def _plain_path(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


class Signals:
    """The compiled signals of one suite.

    ``declared`` is the suite's ``signals`` section and ``locales`` its ``locales`` section, both valid by
    the schema; ``where`` tells the file, line and field of a path in them; ``wordings`` are the lists of
    alternatives that expressions may name. Raises UserError for an expression that does not compile or
    takes long, and for a detector that cannot be imported.
    """

    def __init__(
        self,
        declared: Mapping[str, Fields],
        locales: Mapping[str, Fields],
        default_locale: str,
        where: Where = _plain_path,
        wordings: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self.names: tuple[str, ...] = tuple(declared)
        self._default = default_locale
        self._languages = {name: str(locale.get("language", "en")) for name, locale in locales.items()}
        numbers = Numbers(
            {n: cast(Mapping[str, Sequence[str]], locale.get("numbers", {})) for n, locale in locales.items()},
            default_locale,
        )
        self._read = lru_cache(REMEMBERED)(self._reading)
        words = Wordings(wordings, numbers.kinds)
        self._signals = {
            name: _Signal(name, fields, numbers, words, where, tuple(locales)) for name, fields in declared.items()
        }

    def reading(self, text: str, locale: str) -> Reading:
        """The signals applied to one reply, each when it is first asked for.

        Raises UserError for a locale the suite does not have.
        """
        if locale not in self._languages:
            raise UserError(f"there is no locale {locale!r}{nearest(locale, self._languages)}")
        return self._read(text, locale)

    def _reading(self, text: str, locale: str) -> Reading:
        return _Reading(self._signals, ReplyText(text), locale, self._languages[locale])

    def read_together(self, signal: str, replies: Sequence[tuple[str, str]]) -> None:
        """Where a judge reads ``signal``, ask it about all (text, locale) at once; else there is nothing to do."""
        judge = self._signals[signal].judge
        if judge is not None:
            judge.ask_about(replies)

    def check_examples(self) -> None:
        """Try every labelled example. Raises UserError naming the first that the signal reads wrongly."""
        for signal in self._signals.values():
            signal.check_examples(self._languages, self._default)


class _Reading:
    """One reply, read lazily."""

    def __init__(self, signals: Mapping[str, _Signal], reply: ReplyText, locale: str, language: str) -> None:
        self._signals, self._reply = signals, reply
        self._locale, self._language = locale, language
        self._known: dict[str, tuple[Span, ...]] = {}

    def evidence(self, signal: str) -> tuple[Span, ...]:
        """Where the reply shows ``signal``, in order. Raises UserError for a signal the suite lacks."""
        if signal not in self._known:
            if signal not in self._signals:
                raise UserError(f"the suite has no signal {signal!r}{nearest(signal, self._signals)}")
            self._known[signal] = self._signals[signal].spans(self._reply, self._locale, self._language)
        return self._known[signal]


class _Signal:
    """One signal: its rules, its detector, its examples."""

    def __init__(
        self,
        name: str,
        fields: Fields,
        numbers: Numbers,
        wordings: Wordings,
        where: Where,
        locales: tuple[str, ...],
    ) -> None:
        self.name = name
        self._where = where
        self._locales = locales
        self._fields = fields
        if not any(fields.get(kind) for kind in ("rules", "detector", "classifier", "judge")):
            raise UserError(
                f"{where(self._path())}: nothing detects it; give it `rules`, a `classifier`, a `detector` or a `judge`"
            )
        self._rules = [
            Rule(rule, self._path("rules", at), numbers, wordings, where)
            for at, rule in enumerate(cast(Sequence[Fields], fields.get("rules", ())))
        ]
        self._detector_name = str(fields.get("detector", ""))
        for named in filter(None, (self._detector_name, cast(Mapping[str, str], fields.get("judge", {})).get("model"))):
            check_allowed(named, where(self._path("detector" if self._detector_name else "judge")))
        self._detector = (
            import_detector(self._detector_name, where(self._path("detector"))) if self._detector_name else None
        )
        classifier = str(fields.get("classifier", ""))
        self._classifier = load_classifier(classifier, where(self._path("classifier"))) if classifier else None
        judge = cast(Mapping[str, str], fields.get("judge", {}))
        self.judge = Judge(judge["model"], judge["rubric"], where(self._path("judge"))) if judge else None

    def _path(self, *steps: str | int) -> Path:
        return ("signals", self.name, *steps)

    def spans(self, reply: ReplyText, locale: str, language: str) -> tuple[Span, ...]:
        """Where the reply shows it, in order."""
        if self.judge is not None:
            return self.judge.spans(reply.original, locale)
        if self._detector is not None:
            return detect(self._detector, self._detector_name, reply.original, locale)
        hits = list(self._rule_hits(reply, locale, language))
        if not hits and self._classifier is not None:
            hits = self._classifier.places(reply)
        return tuple(reply.span(*place) for place in _merged(hits))

    def _rule_hits(self, reply: ReplyText, locale: str, language: str) -> Iterator[tuple[int, int]]:
        for rule in self._rules:
            yield from ((hit.start, hit.end) for hit in rule.hits(reply, locale, language))

    def _shows(self, reply: ReplyText, locale: str, language: str) -> bool:
        """Whether the reply shows it: what ``spans`` would find, but only up to the first hit."""
        first = None if self._detector else next(self._rule_hits(reply, locale, language), None)
        return first is not None or bool(self.spans(reply, locale, language))

    def check_examples(self, languages: Mapping[str, str], default_locale: str) -> None:
        """Raises UserError naming the first example that is read wrongly. A judge is not asked."""
        if self.judge is not None:
            return
        for at, example in enumerate(cast(Sequence[Fields], self._fields.get("examples", ()))):
            place = self._path("examples", at)
            locale = str(example.get("locale", default_locale))
            if locale not in self._locales:
                raise UserError(
                    f"{self._where((*place, 'locale'))}: there is no locale {locale!r}{nearest(locale, self._locales)}"
                )
            read = ReplyText(str(example["reply"])), locale, languages[locale]
            if self._shows(*read) != example["shows"]:
                raise UserError(self._example_error(place, example, locale, self.spans(*read)))

    def _example_error(self, place: Path, example: Fields, locale: str, evidence: tuple[Span, ...]) -> str:
        text = f"{self._where(place)}: the reply {str(example['reply'])!r} (locale {locale}) is labelled as "
        if example["shows"]:
            return text + f"showing {self.name!r}, and nothing in it matches; add a `match`, or mend the label"
        words = ", ".join(repr(span.text) for span in evidence)
        return text + f"not showing {self.name!r}, and {words} shows it; add an `unless`, or mend the label"


def _merged(places: Places) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
