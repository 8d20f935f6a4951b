"""Intervals and bounds for a proportion, and the sample sizes they need."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_rlhfstress.statistics.checking import counts, level


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``low`` to ``high``, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for ``k`` of ``n``; [0, 1] where n is 0.

    E. B. Wilson (1927). Raises UserError unless 0 <= k <= n.
    """
    from scipy.special import ndtri

    counts(k, n)
    level(confidence, "confidence")
    if n == 0:
        return Interval(0.0, 1.0)
    z = float(ndtri((1 + confidence) / 2))
    p, z2n = k / n, z * z / n
    centre = (p + z2n / 2) / (1 + z2n)
    half = z / (1 + z2n) * math.sqrt(p * (1 - p) / n + z2n / (4 * n))
    return Interval(0.0 if k == 0 else centre - half, 1.0 if k == n else centre + half)


def clopper_pearson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """The exact two-sided interval for ``k`` of ``n``; never covers less than ``confidence``.

    Clopper and Pearson (1934). Raises UserError unless 0 <= k <= n.
    """
    level(confidence, "confidence")
    tail = (1 - confidence) / 2
    return Interval(lower_bound(k, n, 1 - tail), upper_bound(k, n, 1 - tail))


def upper_bound(k: int, n: int, confidence: float = 0.95) -> float:
    """The exact one-sided upper bound: BetaInv(confidence; k+1, n-k). Raises UserError unless 0 <= k <= n."""
    from scipy.special import betaincinv

    counts(k, n)
    level(confidence, "confidence")
    return 1.0 if k == n else float(betaincinv(k + 1, n - k, confidence))


def lower_bound(k: int, n: int, confidence: float = 0.95) -> float:
    """The exact one-sided lower bound: BetaInv(1-confidence; k, n-k+1). Raises UserError unless 0 <= k <= n."""
    from scipy.special import betaincinv

    counts(k, n)
    level(confidence, "confidence")
    return 0.0 if k == 0 else float(betaincinv(k, n - k + 1, 1 - confidence))


def clean_cases_needed(rate: float, confidence: float = 0.95) -> int:
    """How many cases without a failure bound the failure rate by ``rate``: ln(1-confidence)/ln(1-rate)."""
    level(rate, "rate")
    level(confidence, "confidence")
    return math.ceil(math.log(1 - confidence) / math.log1p(-rate) - 1e-9)


def prompts_needed(difference: float, variance: float, confidence: float = 0.95, power: float = 0.8) -> int:
    """How many prompts show a difference of means: (z + z)^2 variance / difference^2.

    ``variance`` is that of one prompt's paired difference.
    """
    from scipy.special import ndtri

    level(confidence, "confidence")
    level(power, "power")
    z = float(ndtri((1 + confidence) / 2) + ndtri(power))
    return math.ceil(z * z * variance / difference**2)
