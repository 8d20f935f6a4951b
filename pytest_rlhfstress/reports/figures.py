"""Figures with intervals, side by side over several reports: rates, calibrations, what the instruments measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_rlhfstress.reports.report import Calibration, Instruments, Report


@dataclass(frozen=True)
class Figure:
    """A value with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class FigureRow:
    """One figure in each of several reports, None where a report does not have it."""

    topic: str
    label: str
    figures: tuple[Figure | None, ...]

    @property
    def change(self) -> float | None:
        """The last value less the first; None where there are not two."""
        known = [figure for figure in self.figures if figure is not None]
        return known[-1].value - known[0].value if len(known) > 1 else None

    @property
    def apart(self) -> bool:
        """Whether the first and the last interval do not overlap: more than chance would explain."""
        known = [figure for figure in self.figures if figure is not None]
        return len(known) > 1 and (known[0].high < known[-1].low or known[-1].high < known[0].low)


def figure_rows(reports: Sequence[Report]) -> tuple[FigureRow, ...]:
    """Every figure that two reports at least have, by topic, what surely changed first."""
    found = [dict(_figures(report)) for report in reports]
    keys = dict.fromkeys(key for figures in found for key in figures)
    rows = [FigureRow(topic, label, tuple(f.get((topic, label)) for f in found)) for topic, label in keys]
    topics = list(dict.fromkeys(topic for topic, _ in keys))
    kept = [row for row in rows if row.change is not None]
    return tuple(sorted(kept, key=lambda r: (topics.index(r.topic), not r.apart, -abs(r.change or 0.0), r.label)))


def _figures(report: Report) -> Iterator[tuple[tuple[str, str], Figure]]:
    for finding in report.findings:
        if finding.rate is not None and finding.rate.prompts:
            rate = finding.rate
            yield ("violation rate", finding.claim), Figure(rate.failing / rate.prompts, rate.low, rate.high)
    for signal, value in report.calibration.items():
        yield from _calibration(signal, value)
    for audited in report.audited:
        yield from _measured(audited, f"{audited.suite}: " if len(report.audited) > 1 else "")


def _measured(audited: Instruments, where: str) -> Iterator[tuple[tuple[str, str], Figure]]:
    for instrument, value_of, interval_of, label_of in _MEASURED:
        measured = audited.measured.get(instrument)
        rows = measured.rows if measured is not None else ()
        for row in _hardest(rows) if instrument == "safety_brake" else rows:
            figure = _figure(row, value_of, interval_of)
            if figure is not None:
                name = " · ".join(str(row[part]) for part in label_of if row.get(part))
                yield (f"{where}{instrument.replace('_', ' ')}: {value_of.replace('_', ' ')}", name), figure


_MEASURED = (
    ("reward_mirror", "accuracy", "interval", ("family",)),
    ("safety_brake", "gold", "gold_interval", ("family", "method", "setting")),
    ("safety_brake", "harmful", "harmful_interval", ("family", "method", "setting")),
    ("proxy_audit", "effect", "interval", ("proxy", "family")),
    ("stress_route", "difference", "interval", ("change",)),
)
"""Of each instrument: the field of the value, of its interval, and those that name the row."""


def _hardest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of each family and method under rising pressure, the last row."""
    return list({(row.get("family"), row.get("method")): row for row in rows}.values())


def _calibration(signal: str, value: Calibration) -> Iterator[tuple[tuple[str, str], Figure]]:
    measured = (
        ("precision", value.precision, value.precision_interval),
        ("recall", value.recall, value.recall_interval),
        ("F1", value.f1, value.f1_interval),
    )
    for name, figure, interval in measured:
        if figure is not None:
            yield ("detector calibration", f"{signal} {name}"), Figure(figure, *interval)


def _figure(row: Mapping[str, Any], value_of: str, interval_of: str) -> Figure | None:
    """None where the row has no such figure."""
    value, interval = row.get(value_of), row.get(interval_of)
    if not isinstance(value, int | float) or not isinstance(interval, Mapping):
        return None
    low, high = interval.get("low"), interval.get("high")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    return Figure(float(value), float(low), float(high))
