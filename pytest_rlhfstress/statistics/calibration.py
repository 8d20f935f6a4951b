"""Is a stated probability met? Proper scores, reliability bins, and the error that chance alone would show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite, probabilities, same_length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def sigmoid(margins: ArrayLike) -> NDArray[np.float64]:
    """The Bradley-Terry chance that the first reply is preferred, from reward differences of any shape."""
    import numpy as np

    found: NDArray[np.float64] = 0.5 * (1 + np.tanh(finite(margins, "margins") / 2))
    return found


def logit(probability: float) -> float:
    """The reward difference behind a chance of preference; the inverse of ``sigmoid``."""
    import math

    if not 0 < probability < 1:
        raise UserError(f"only a chance strictly between 0 and 1 has a finite margin, got {probability!r}")
    return math.log(probability / (1 - probability))


def bradley_terry_loss(margins: ArrayLike) -> float:
    """Mean of log(1 + e^-margin): the negative log likelihood of the chosen replies being chosen."""
    import numpy as np

    return float(np.logaddexp(0, -_some(margins, "margins")).mean())


def _some(values: ArrayLike, name: str) -> NDArray[np.float64]:
    array = finite(values, name)
    if not array.size:
        raise UserError(f"{name}: there is not one to judge")
    return array


def _stated(p: ArrayLike, outcomes: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    stated = probabilities(_some(p, "probabilities"), "probabilities")
    came = probabilities(outcomes, "outcomes")
    same_length(probabilities=stated, outcomes=came)
    return stated, came


def brier(p: ArrayLike, outcomes: ArrayLike) -> float:
    """Mean squared difference between stated chance and outcome (0, 1, or the share of votes); Brier (1950)."""
    stated, came = _stated(p, outcomes)
    return float(((stated - came) ** 2).mean())


def log_loss(p: ArrayLike, outcomes: ArrayLike) -> float:
    """Mean negative log likelihood; infinite where what was called impossible happened."""
    import numpy as np
    from scipy.special import xlog1py, xlogy

    stated, came = _stated(p, outcomes)
    return float(-np.mean(xlogy(came, stated) + xlog1py(1 - came, -stated)))


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram: mean stated chance, share that came true, how many."""

    stated: float
    came: float
    count: int


def reliability(p: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> tuple[Bin, ...]:
    """Bins of equal size by rank (sizes differ by at most one), lowest chance first.

    Equal stated chances stay together: their outcomes are averaged, so that the order of rows does not matter.
    """
    import numpy as np

    stated, came = _stated(p, outcomes)
    order = np.argsort(stated, kind="stable")
    _, group = np.unique(stated, return_inverse=True)
    even = (np.bincount(group, came) / np.bincount(group))[group]
    parts = [part for part in np.array_split(order, bins) if part.size]
    return tuple(Bin(float(stated[i].mean()), float(even[i].mean()), int(i.size)) for i in parts)


def expected_calibration_error(p: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> float:
    """Mean gap between stated chance and outcome over equal-mass bins; biased upwards, see ``calibration_null``."""
    found = reliability(p, outcomes, bins)
    return sum(b.count * abs(b.stated - b.came) for b in found) / sum(b.count for b in found)


@dataclass(frozen=True, slots=True)
class CalibrationNull:
    """The calibration error of a perfectly calibrated model with the same stated chances: mean and 95th percentile."""

    mean: float
    upper: float


def calibration_null(p: ArrayLike, bins: int = 10, draws: int = 1000, seed: int = 0) -> CalibrationNull:
    """Outcomes drawn from the stated chances themselves, ``draws`` times: the parametric null of the error."""
    import numpy as np

    stated = np.sort(probabilities(_some(p, "probabilities"), "probabilities"))
    random = np.random.default_rng(seed)
    edges = np.cumsum([0, *(part.size for part in np.array_split(stated, bins))])[:-1]
    edges = edges[edges < stated.size]
    sizes = np.diff([*edges, stated.size])
    keep = sizes > 0
    gaps = np.empty(draws)
    for at in range(draws):
        surplus = (random.random(stated.size) < stated) - stated
        gaps[at] = np.abs(np.add.reduceat(surplus, edges)[keep]).sum() / stated.size
    return CalibrationNull(float(gaps.mean()), float(np.quantile(gaps, 0.95)))
