"""The terminal's account of a calibration: a table by signal, and the worst misses with their text."""

from __future__ import annotations

from pytest_rlhfstress.instruments.detector_calibration import Calibration, Miss, SignalCalibration
from pytest_rlhfstress.reports.plain_text import shown, wrapped
from pytest_rlhfstress.statistics.intervals import Interval

MISSES = 2
"""How many misses of either kind are shown for a signal."""
LONGEST = 300


def lines(calibration: Calibration, misses: int = MISSES) -> list[str]:
    """The lines for a terminal: confusion matrix, precision, recall and F1 with 95 % intervals, worst first."""
    width = max(len(name) for name in ("signal", *calibration.signals))
    said = [
        f"detectors of {calibration.suite} against the labels in {calibration.source}",
        f"{'signal':{width}}     n  hits false missed  none  {'precision':17} {'recall':17} F1",
    ]
    worst_first = sorted(calibration.signals.values(), key=lambda measured: measured.f1_interval.low)
    said += [_row(measured, width) for measured in worst_first]
    for measured in worst_first:
        said += _misses(measured, misses)
    if calibration.uncalibrated:
        said += wrapped(f"not calibrated, no labels: {', '.join(calibration.uncalibrated)}", hang="  ")
    return said


def _row(measured: SignalCalibration, width: int) -> str:
    counts = f"{measured.n:5} {measured.tp:5} {measured.fp:5} {measured.fn:6} {measured.tn:5}"
    figures = (
        _figure(measured.precision, measured.precision_interval),
        _figure(measured.recall, measured.recall_interval),
        _figure(measured.f1, measured.f1_interval),
    )
    return f"{measured.signal:{width}} {counts}  {' '.join(f'{figure:17}' for figure in figures)}".rstrip()


def _figure(value: float | None, interval: Interval) -> str:
    return "-" if value is None else f"{value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _misses(measured: SignalCalibration, most: int) -> list[str]:
    said = []
    for label, kind in ((True, "missed"), (False, "false alarm")):
        found = [miss for miss in measured.misses if miss.row.label is label]
        for miss in found[:most]:
            said += _miss(measured.signal, kind, miss)
        if len(found) > most > 0:
            said.append(f"  {measured.signal}: {len(found) - most} more of the kind {kind!r}")
    return said


def _miss(signal: str, kind: str, miss: Miss) -> list[str]:
    words = "".join(f" »{shown(text, 60)}«" for text in miss.evidence[:3])
    reply = shown(" ".join(miss.row.reply.split()), LONGEST)
    return [f"  {signal}, {kind}, line {miss.row.line}{':' if words else ''}{words}", *wrapped(reply, "    ")]
