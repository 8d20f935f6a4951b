"""Classifiers of whole replies: cues and phrases found in them, weighed by a logistic regression, cues as evidence."""

from __future__ import annotations

import bisect
import functools
import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import regex

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.suites.places import shipped_root
from pytest_rlhfstress.suites.signal_text import ReplyText

SHAPES = ("words", "listed", "code", "questions", "digits")
ASPECTS = ("any", "first", "share")
FEW_PHRASES = 60


@dataclass(frozen=True)
class Cue:
    """An expression, and what its being there at all, in the first sentence, or per sentence weighs."""

    name: str
    pattern: regex.Pattern[str]
    weights: tuple[float, float, float]


class Classifier:
    """Whether a reply does something, as the sum of what its cues, its shape and its phrases weigh.

    ``written`` is what a file of ``common/classifiers`` holds: ``cues`` (name to ``match`` and the weights
    ``any``, ``first``, ``share``), ``shape`` (name to weight), ``phrases`` (one or two words to weight), ``bias``
    and ``threshold``, a probability. A reply's known phrases count alike, as a vector of length 1, or shorter where
    they are too few to tell much: each then weighs as it would among ``FEW_PHRASES``.
    """

    def __init__(self, written: Mapping[str, object]) -> None:
        cues = cast(Mapping[str, Mapping[str, object]], written["cues"])
        self.cues = tuple(
            Cue(
                name,
                regex.compile(str(cue["match"]), regex.IGNORECASE),
                cast(tuple[float, float, float], tuple(float(cast(float, cue.get(a, 0.0))) for a in ASPECTS)),
            )
            for name, cue in cues.items()
        )
        shape = cast(Mapping[str, float], written.get("shape", {}))
        self._shape = tuple(float(shape.get(name, 0.0)) for name in SHAPES)
        self._phrases = cast(Mapping[str, float], written.get("phrases", {}))
        self._bias = float(cast(float, written.get("bias", 0.0)))
        self._threshold = float(cast(float, written.get("threshold", 0.5)))

    def features(self, reply: ReplyText) -> list[float]:
        """Three values a cue, in order, then the shape: what the weights are multiplied with."""
        return [value for _, values in self._found(reply) for value in values] + shape_of(reply)

    def probability(self, reply: ReplyText) -> float:
        """How likely the reply does it, from 0 to 1."""
        return self._probability(reply, [values for _, values in self._found(reply)])

    def places(self, reply: ReplyText) -> list[tuple[int, int]]:
        """Where in the flat text the cues stand that speak for it, or nothing where it is not likely enough."""
        found = self._found(reply)
        if self._probability(reply, [values for _, values in found]) < self._threshold:
            return []
        places = [
            place
            for cue, (spans, values) in zip(self.cues, found, strict=True)
            if sum(map(float.__mul__, cue.weights, values)) > 0
            for place in spans
        ]
        return places or [(unit.start, unit.end) for unit in reply.sentences[:1]]

    def _probability(self, reply: ReplyText, cues: Sequence[Sequence[float]]) -> float:
        total = self._bias + sum(map(float.__mul__, self._shape, shape_of(reply)))
        for cue, values in zip(self.cues, cues, strict=True):
            total += sum(map(float.__mul__, cue.weights, values))
        known = [self._phrases[phrase] for phrase in set(phrases_of(reply)) if phrase in self._phrases]
        total += math.fsum(known) / math.sqrt(max(FEW_PHRASES, len(known)))
        return 1 / (1 + math.exp(-max(-700.0, min(700.0, total))))

    def _found(self, reply: ReplyText) -> list[tuple[list[tuple[int, int]], tuple[float, float, float]]]:
        starts = [unit.start for unit in reply.sentences]
        found = []
        for cue in self.cues:
            spans = [match.span() for match in cue.pattern.finditer(reply.flat)]
            sentences = {bisect.bisect_right(starts, start) - 1 for start, _ in spans}
            share = len(sentences) / len(starts) if starts else 0.0
            found.append((spans, (float(bool(spans)), float(0 in sentences), share)))
        return found


def phrases_of(reply: ReplyText) -> Iterator[str]:
    """Every word of the reply and every two in a row, in lower case."""
    words = re.findall(r"[\w']+", reply.flat.lower())
    yield from words
    yield from map(" ".join, itertools.pairwise(words))


def shape_of(reply: ReplyText) -> list[float]:
    """What the look of a reply says: its length, and its lists, code, questions and digits."""
    words, sentences = len(reply.flat.split()), reply.sentences
    return [
        math.log1p(words) - 4,
        float(reply.line_kinds.count("item") >= 3),
        float("`" in reply.original),
        sum(unit.question for unit in sentences) / max(1, len(sentences)),
        min(1.0, 20 * sum(map(str.isdigit, reply.flat)) / max(1, len(reply.flat))),
    ]


def load_classifier(name: str, where: str) -> Classifier:
    """The shipped classifier of that name. Raises UserError where there is none."""
    folder = shipped_root() / "common" / "classifiers"
    if name not in (known := [file.stem for file in folder.glob("*.json")]):
        raise UserError(f"{where}: there is no classifier {name!r}{nearest(name, known)}")
    return _load(folder / f"{name}.json")


@functools.cache
def _load(file: Path) -> Classifier:
    return Classifier(cast(Mapping[str, object], json.loads(file.read_text("utf-8"))))
