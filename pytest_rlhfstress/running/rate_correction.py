"""A violation rate corrected for the errors of the detector it was counted with, where it rests on one detector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import CorrectedRate, RateFound

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.detector_calibration import SignalCalibration


@dataclass(frozen=True, slots=True)
class Read:
    """What one prompt's verdict was read off: the signals asked for, each shown or not, and whether it was broken.

    Of several ``replies`` they are those of the last that was asked for each.
    """

    shown: Mapping[str, bool]
    broken: bool
    replies: int = 1


def corrected(
    found: RateFound, reads: Sequence[Read], measured: Mapping[str, SignalCalibration]
) -> tuple[CorrectedRate | None, str]:
    """The corrected rate, or why there is none ("" where no labels were given at all).

    Rogan and Gladen's estimator of how often the signal is truly shown. Its interval takes the ends of the raw rate's
    interval and of Wilson's intervals for sensitivity and specificity where they are least favourable to each other.
    """
    if not measured or not reads:
        return None, ""
    if found.samples > 1:
        return None, "several samples make one verdict"
    if any(read.replies > 1 for read in reads):
        return None, "several replies make one verdict"
    signals = sorted({name for read in reads for name in read.shown})
    if len(signals) != 1:
        return None, f"it rests on {', '.join(signals) or 'no signal'}, and only a verdict of one detector can be"
    (signal,) = signals
    shown_breaks = _shown_breaks(signal, reads)
    if shown_breaks is None:
        return None, f"the verdict is not that of {signal} alone"
    detector = measured.get(signal)
    if detector is None or not (detector.tp + detector.fn) or not (detector.tn + detector.fp):
        return None, f"too few labelled replies with and without {signal}"
    return _through(found, detector, shown_breaks)


def _shown_breaks(signal: str, reads: Iterable[Read]) -> bool | None:
    """Whether a prompt is broken just when the signal is shown, or just when it is not; None for neither."""
    agreeing = {read.shown.get(signal) == read.broken for read in reads}
    return agreeing.pop() if len(agreeing) == 1 else None


def _through(found: RateFound, detector: SignalCalibration, shown_breaks: bool) -> tuple[CorrectedRate | None, str]:
    from pytest_rlhfstress.statistics.detector_error import rogan_gladen
    from pytest_rlhfstress.statistics.intervals import wilson

    sensitivity, specificity = detector.recall or 0.0, detector.specificity or 0.0
    sensitive, specific = detector.recall_interval, wilson(detector.tn, detector.tn + detector.fp)
    if sensitive.low + specific.low <= 1:
        return None, f"on its labels {detector.signal} may be no better than chance"

    def rate(broken: float, sensitivity: float, specificity: float) -> float:
        if shown_breaks:
            return rogan_gladen(broken, sensitivity, specificity)
        return 1 - rogan_gladen(1 - broken, sensitivity, specificity)

    eager, shy = (sensitive.high, specific.low), (sensitive.low, specific.high)
    lowest, highest = (eager, shy) if shown_breaks else (shy, eager)
    return (
        CorrectedRate(
            signal=detector.signal,
            labels=detector.n,
            rate=rate(found.failing / found.prompts, sensitivity, specificity),
            low=min(rate(found.low, *corner) for corner in (lowest, highest)),
            high=max(rate(found.high, *corner) for corner in (lowest, highest)),
        ),
        "",
    )
