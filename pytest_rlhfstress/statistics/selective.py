"""Answering only when sure: risk against coverage, and conformal guarantees for exchangeable data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite, level, same_length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class RiskCoverage:
    """``risk[i]`` is the mean loss of the ``coverage[i]`` most confident share; ``area`` is the mean of risk."""

    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: float


def risk_coverage(confidence: ArrayLike, loss: ArrayLike) -> RiskCoverage:
    """The curve from the most to the least confident (El-Yaniv and Wiener, 2010).

    Equally confident answers are kept or left together, so they share their mean loss.
    """
    import numpy as np

    sure, lost = finite(confidence, "confidence"), finite(loss, "loss")
    same_length(confidence=sure, loss=lost)
    if not sure.size:
        raise UserError("there is no answer to be confident of")
    _, group = np.unique(-sure, return_inverse=True)
    shared = (np.bincount(group, lost) / np.bincount(group))[np.sort(group)]
    kept = np.arange(1, sure.size + 1)
    risk = np.cumsum(shared) / kept
    return RiskCoverage(tuple((kept / sure.size).tolist()), tuple(risk.tolist()), float(risk.mean()))


def conformal_index(n: int, alpha: float) -> int | None:
    """Which of ``n`` sorted calibration scores bounds a new one with chance 1 - ``alpha``, counted from 1.

    ceil((n+1)(1-alpha)); None where that exceeds n: nothing may be claimed, abstain always (Vovk et al., 2005).
    """
    level(alpha, "alpha")
    k = math.ceil((n + 1) * (1 - alpha) - 1e-9)
    return k if k <= n else None


def conformal_p(calibration: ArrayLike, scores: ArrayLike) -> NDArray[np.float64]:
    """(1 + how many calibration scores are at least as strange)/(n + 1) for each of ``scores``, its shape."""
    import numpy as np

    known, new = np.sort(finite(calibration, "calibration scores")), finite(scores, "scores")
    above = known.size - np.searchsorted(known, new, side="left")
    found: NDArray[np.float64] = (1 + above) / (known.size + 1)
    return found


def risk_control_limit(n: int, alpha: float, worst: float = 1.0) -> float | None:
    """The largest empirical risk on ``n`` cases that keeps the expected loss of accepted answers below ``alpha``.

    From n/(n+1) R + worst/(n+1) <= alpha (Angelopoulos et al., 2022); None where no risk is low enough. It bounds
    the mean of loss times acceptance, not the risk among accepted answers.
    """
    level(alpha, "alpha")
    limit = (alpha * (n + 1) - worst) / n if n else -1.0
    return limit if limit >= 0 else None
