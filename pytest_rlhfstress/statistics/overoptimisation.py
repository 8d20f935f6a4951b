"""Gao's curves of true reward against optimisation distance, fitted only where they were observed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite, same_length

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Form = Literal["best-of-n", "rl"]


@dataclass(frozen=True, slots=True)
class GaoCurve:
    """True reward gained at distance d = sqrt(KL): d(alpha - beta d) for best-of-n, d(alpha - beta log d) for RL.

    Gao, Schulman and Hilton (2022).
    """

    form: Form
    alpha: float
    beta: float

    def reward(self, distance: float) -> float:
        """The gain at ``distance`` >= 0; 0 at 0."""
        if distance <= 0:
            return 0.0
        fall = distance if self.form == "best-of-n" else math.log(distance)
        return distance * (self.alpha - self.beta * fall)

    @property
    def peak(self) -> float | None:
        """The distance of the highest gain; None where the curve has no peak (beta <= 0, or falling from 0)."""
        if self.beta <= 0:
            return None
        peak = self.alpha / (2 * self.beta) if self.form == "best-of-n" else math.exp(self.alpha / self.beta - 1)
        return peak if peak > 0 else None

    @property
    def zero(self) -> float | None:
        """The distance at which all gain is lost again; None where there is no peak."""
        if self.peak is None:
            return None
        return self.alpha / self.beta if self.form == "best-of-n" else math.exp(self.alpha / self.beta)


@dataclass(frozen=True, slots=True)
class GaoFit:
    """A fitted curve with its R^2 and the largest distance it was fitted on."""

    curve: GaoCurve
    r_squared: float
    farthest: float
    points: int

    @property
    def observed_peak(self) -> float | None:
        """The peak, or None where it lies outside what was observed: no claim is made there."""
        peak = self.curve.peak
        return peak if peak is not None and peak <= self.farthest else None


def fit_gao(distances: ArrayLike, gains: ArrayLike, form: Form) -> GaoFit | None:
    """Least squares on the gains at d > 0, which the form makes linear in both parameters.

    None with fewer than three distinct positive distances. Raises UserError for a negative distance.
    """
    import numpy as np

    d, gain = finite(distances, "distances"), finite(gains, "gains")
    same_length(distances=d, gains=gain)
    if d.size and d.min() < 0:
        raise UserError(f"a distance is never negative, got {d.min():g}")
    d, gain = d[d > 0], gain[d > 0]
    if np.unique(d.round(12)).size < 3:
        return None
    fall = d * d if form == "best-of-n" else d * np.log(d)
    (alpha, beta), *_ = np.linalg.lstsq(np.column_stack([d, -fall]), gain, rcond=None)
    curve = GaoCurve(form, float(alpha), float(beta))
    left = gain - np.array([curve.reward(float(at)) for at in d])
    spread = float(((gain - gain.mean()) ** 2).sum())
    r_squared = 1 - float((left**2).sum()) / spread if spread > 0 else float(np.allclose(left, 0))
    return GaoFit(curve, r_squared, float(d.max()), int(d.size))
