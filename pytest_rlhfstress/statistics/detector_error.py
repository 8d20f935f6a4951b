"""A rate seen through an imperfect detector, corrected for what the detector gets wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite, probabilities, same_length
from pytest_rlhfstress.statistics.intervals import Interval, upper_bound

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def rogan_gladen(observed: float, sensitivity: float, specificity: float) -> float:
    """The true rate behind an observed one: (observed + specificity - 1)/(sensitivity + specificity - 1), in [0, 1].

    Rogan and Gladen (1978). Raises UserError for a detector no better than chance.
    """
    probabilities([observed, sensitivity, specificity], "rates")
    better = sensitivity + specificity - 1
    if better <= 0:
        raise UserError(
            f"a detector of sensitivity {sensitivity:g} and specificity {specificity:g} is no better than chance: "
            "no rate can be corrected with it"
        )
    return min(1.0, max(0.0, (observed + specificity - 1) / better))


def undetected_bound(n: int, sensitivity: float, confidence: float = 0.95) -> float:
    """Upper bound on the true rate after ``n`` cases in which a detector without false alarms saw nothing."""
    if not 0 < sensitivity <= 1:
        raise UserError(f"sensitivity={sensitivity!r}: a detector that sees nothing bounds nothing")
    return min(1.0, upper_bound(0, n, confidence) / sensitivity)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A rate as the detector saw it, corrected by an audit, with an interval for the corrected one."""

    raw: float
    corrected: float
    interval: Interval
    audited: int


def prediction_powered(
    detector_unaudited: ArrayLike, detector_audited: ArrayLike, human_audited: ArrayLike, confidence: float = 0.95
) -> Corrected:
    """The detector's mean on everything unaudited, plus its mean error on a random audit.

    Unbiased whatever the detector does, if the audited replies were drawn at random (Angelopoulos et al., 2023).
    Raises UserError with fewer than two replies on either side.
    """
    from scipy.special import ndtri

    seen = finite(detector_unaudited, "detector")
    audited, human = finite(detector_audited, "audited detector"), finite(human_audited, "human labels")
    same_length(detector=audited, human=human)
    if seen.size < 2 or human.size < 2:
        raise UserError(
            f"at least two replies with and two without a human label are needed, got {human.size}, {seen.size}"
        )
    error = human - audited
    mean = float(seen.mean() + error.mean())
    half = float(ndtri((1 + confidence) / 2)) * math.sqrt(seen.var(ddof=1) / seen.size + error.var(ddof=1) / error.size)
    return Corrected(float(seen.mean()), mean, Interval(mean - half, mean + half), human.size)
