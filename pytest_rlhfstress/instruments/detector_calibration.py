"""How well a suite's detectors agree with people: precision, recall and F1 by signal, and the worst misses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_rlhfstress.conversation import Message
from pytest_rlhfstress.instruments.signal_labels import LabelledRow, read_labels
from pytest_rlhfstress.models import Model, Question, ask_directly, load_model
from pytest_rlhfstress.statistics.intervals import Interval, wilson
from pytest_rlhfstress.suites import AskJudge, Suite, answer_judges_with, somebody_answers


@dataclass(frozen=True, slots=True)
class Miss:
    """A row the detector read otherwise than a person did; ``evidence`` are the words it went by, if any."""

    row: LabelledRow
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignalCalibration:
    """One signal's confusion matrix: ``tp`` rows both found, ``fp`` the detector alone, ``fn`` people alone.

    Its misses come with the shortest replies first: what is read wrongly there is wrong most plainly.
    """

    signal: str
    tp: int
    fp: int
    fn: int
    tn: int
    misses: tuple[Miss, ...] = ()

    @property
    def n(self) -> int:
        """How many labelled rows there are."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def precision(self) -> float | None:
        """The share of what it finds that is right; None where it finds nothing."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """The share of what is there that it finds, its sensitivity; None where nothing is there."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float | None:
        """The share of what is not there that it leaves alone; None where everything is there."""
        return _share(self.tn, self.tn + self.fp)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, 2tp/(2tp+fp+fn); None where nothing is there or found."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def precision_interval(self) -> Interval:
        """Wilson's, at 95 %."""
        return wilson(self.tp, self.tp + self.fp)

    @property
    def recall_interval(self) -> Interval:
        """Wilson's, at 95 %."""
        return wilson(self.tp, self.tp + self.fn)

    @property
    def f1_interval(self) -> Interval:
        """Wilson's for Jaccard's tp/(tp+fp+fn), at 95 %, turned into F1 by F1 = 2J/(1+J), which rises with J.

        Unlike a bootstrap it needs no random numbers, and a detector without a miss is not called certain.
        """
        jaccard = wilson(self.tp, self.tp + self.fp + self.fn)
        return Interval(2 * jaccard.low / (1 + jaccard.low), 2 * jaccard.high / (1 + jaccard.high))

    def as_dict(self) -> dict[str, object]:
        """Plain values, as the JSON report has them under ``calibration.<signal>``."""
        return {
            "n": self.n,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "precision_interval": [self.precision_interval.low, self.precision_interval.high],
            "recall_interval": [self.recall_interval.low, self.recall_interval.high],
            "f1_interval": [self.f1_interval.low, self.f1_interval.high],
        }


@dataclass(frozen=True, slots=True)
class Calibration:
    """The measured signals by name, in the suite's order; ``uncalibrated`` have no labelled row."""

    suite: str
    source: str
    signals: Mapping[str, SignalCalibration]
    uncalibrated: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """``{signal: {n, precision, recall, f1, ..._interval}}``."""
        return {name: measured.as_dict() for name, measured in self.signals.items()}


def calibrate(suite: Suite, path: str | Path) -> Calibration:
    """Measure the suite's detectors on the labelled replies in ``path``, a ``.jsonl`` or ``.csv`` file.

    A judge is asked through the run, or directly where there is none. Raises UserError naming file and lines
    where rows cannot be used, and what a detector of the suite raises.
    """
    rows = read_labels(suite, path)
    if somebody_answers():
        return calibration_on(suite, rows, str(path))
    answer_judges_with(_asking_directly())
    try:
        return calibration_on(suite, rows, str(path))
    finally:
        answer_judges_with(None)


def calibration_on(suite: Suite, rows: Iterable[LabelledRow], source: str) -> Calibration:
    """Measure the suite's detectors on ``rows``; ``source`` says where they come from."""
    by_signal: dict[str, list[LabelledRow]] = {}
    for row in rows:
        by_signal.setdefault(row.signal, []).append(row)
    signals = {name: _measured(suite, name, by_signal[name]) for name in suite.signals.names if name in by_signal}
    return Calibration(suite.name, source, signals, tuple(n for n in suite.signals.names if n not in signals))


def _asking_directly() -> AskJudge:
    models: dict[str, Model] = {}

    def ask(spec: str, prompts: Sequence[str], sample: int) -> list[str]:
        if spec not in models:
            models[spec] = load_model(spec)
        questions = [Question((Message("user", prompt),), sample=sample) for prompt in prompts]
        return [reply.text for reply in ask_directly(models[spec], questions)]

    return ask


def _measured(suite: Suite, signal: str, rows: Sequence[LabelledRow]) -> SignalCalibration:
    suite.signals.read_together(signal, [(row.reply, row.locale) for row in rows])
    counts = {(found, there): 0 for found in (True, False) for there in (True, False)}
    misses = []
    for row in rows:
        evidence = suite.signals.reading(row.reply, row.locale).evidence(signal)
        counts[bool(evidence), row.label] += 1
        if bool(evidence) != row.label:
            misses.append(Miss(row, tuple(span.text for span in evidence)))
    misses.sort(key=lambda miss: (len(miss.row.reply), miss.row.line))
    return SignalCalibration(
        signal, counts[True, True], counts[True, False], counts[False, True], counts[False, False], tuple(misses)
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
