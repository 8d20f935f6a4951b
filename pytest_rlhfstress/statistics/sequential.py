"""Verdicts that stay valid however often they are looked at: e-processes, and Wald's test beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import counts, level
from pytest_rlhfstress.statistics.intervals import Interval

Decision = Literal["PASS", "FAIL", "INCONCLUSIVE"]


def evidence_below(fails: int, n: int, rate: float) -> float:
    """The e-value against "the failure rate is at least ``rate``" after ``fails`` of ``n``.

    A Beta(1/2, 1/2) prior truncated to the rates below ``rate`` mixes the likelihood ratios; the result is a
    supermartingale under the null, so it may be looked at after every case (Ville's inequality).
    """
    return _exp(_log_evidence(fails, n, rate, below=True))


def evidence_above(fails: int, n: int, rate: float) -> float:
    """The e-value against "the failure rate is at most ``rate``" after ``fails`` of ``n``."""
    return _exp(_log_evidence(fails, n, rate, below=False))


def _exp(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < 700 else math.inf


def _log_evidence(fails: int, n: int, rate: float, below: bool) -> float:
    from scipy.special import betainc, betaincc, betaln

    counts(fails, n)
    level(rate, "rate")
    share = betainc if below else betaincc
    passes = n - fails
    posterior = float(share(0.5 + fails, 0.5 + passes, rate))
    if posterior <= 0:
        return -math.inf
    log_mixed = float(betaln(0.5 + fails, 0.5 + passes)) + math.log(posterior)
    log_prior = float(betaln(0.5, 0.5)) + math.log(float(share(0.5, 0.5, rate)))
    return log_mixed - log_prior - fails * math.log(rate) - passes * math.log1p(-rate)


@dataclass(frozen=True, slots=True)
class RateTest:
    """Is the failure rate at most ``rate``? Each prompt counts once; look after every one of them.

    A rate at ``rate`` or above gets PASS, and one at ``rate`` or below gets FAIL, with probability at most
    ``alpha`` each, over all looks together.
    """

    rate: float
    alpha: float = 0.05

    def decide(self, fails: int, n: int) -> Decision:
        """PASS, FAIL, or INCONCLUSIVE for as long as the evidence does not suffice."""
        wanted = -math.log(self.alpha)
        if _log_evidence(fails, n, self.rate, below=True) >= wanted:
            return "PASS"
        if _log_evidence(fails, n, self.rate, below=False) >= wanted:
            return "FAIL"
        return "INCONCLUSIVE"

    @property
    def clean_cases_to_pass(self) -> int:
        """How many cases without a failure it takes to PASS."""
        low, high = 1, 2
        while self.decide(0, high) != "PASS":
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.decide(0, middle) == "PASS" else (middle + 1, high)
        return high


def rate_bounds(fails: int, n: int, confidence: float = 0.95) -> Interval:
    """The rates that RateTest would not yet decide against, each side at ``confidence`` on its own and at any time.

    RateTest says PASS exactly where the upper bound is at most its rate, and FAIL where the lower one is at least.
    """
    counts(fails, n)
    level(confidence, "confidence")
    if n == 0:
        return Interval(0.0, 1.0)
    wanted = -math.log(1 - confidence)

    def too_low(rate: float) -> bool:
        return _log_evidence(fails, n, rate, below=False) >= wanted

    def too_high(gap: float) -> bool:
        return _log_evidence(fails, n, 1 - gap, below=True) >= wanted

    best = min(max(fails / n, 1e-9), 1 - 1e-9)
    low = 0.0 if fails == 0 else _edge(too_low, 1e-12, best)
    high = 1.0 if fails == n else 1 - _edge(too_high, 1e-12, 1 - best)
    return Interval(low, high)


def confidence_sequence(fails: int, n: int, confidence: float = 0.95) -> Interval:
    """An interval for the failure rate that holds at all times together.

    It keeps every rate that the Beta(1/2, 1/2) mixture does not reject (Robbins, 1970).
    """
    from scipy.special import betaln

    counts(fails, n)
    level(confidence, "confidence")
    if n == 0:
        return Interval(0.0, 1.0)
    wanted = float(betaln(0.5 + fails, 0.5 + n - fails) - betaln(0.5, 0.5)) + math.log(1 - confidence)

    def rejected(rate: float) -> bool:
        likelihood = (fails * math.log(rate) if fails else 0) + ((n - fails) * math.log1p(-rate) if n > fails else 0)
        return likelihood < wanted

    best = min(max(fails / n, 1e-12), 1 - 1e-12)
    low = 0.0 if fails == 0 else _edge(rejected, 1e-300, best)
    high = 1.0 if fails == n else 1 - _edge(lambda gap: rejected(1 - gap), 1e-15, 1 - best)
    return Interval(low, high)


def _edge(rejected: Callable[[float], bool], outside: float, inside: float) -> float:
    """Bisection between a rejected and a kept rate, until no number lies between them."""
    while outside != (middle := (outside + inside) / 2) != inside:
        outside, inside = (middle, inside) if rejected(middle) else (outside, middle)
    return inside


@dataclass(frozen=True, slots=True)
class Wald:
    """Wald's sequential probability ratio test between two failure rates (1945).

    Raises UserError unless 0 < good < bad < 1.
    """

    good: float
    bad: float
    alpha: float = 0.05
    beta: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.good < self.bad < 1:
            raise UserError(
                f"good={self.good}, bad={self.bad}: the good rate must lie below the bad one, both in (0, 1)"
            )

    @property
    def bounds(self) -> Interval:
        """Accept the good rate at or below ``low``, the bad one at or above ``high`` (log likelihood ratios)."""
        return Interval(math.log(self.beta / (1 - self.alpha)), math.log((1 - self.beta) / self.alpha))

    @property
    def step_pass(self) -> float:
        """What one passing case adds to the log likelihood ratio."""
        return math.log((1 - self.bad) / (1 - self.good))

    @property
    def step_fail(self) -> float:
        """What one failing case adds."""
        return math.log(self.bad / self.good)

    @property
    def clean_cases_to_accept(self) -> int:
        """How many cases without a failure it takes to accept the good rate."""
        return math.ceil(self.bounds.low / self.step_pass)

    def decide(self, fails: int, n: int) -> Decision:
        """PASS where the good rate is accepted, FAIL where the bad one is."""
        ratio = fails * self.step_fail + (n - fails) * self.step_pass
        return "PASS" if ratio <= self.bounds.low else "FAIL" if ratio >= self.bounds.high else "INCONCLUSIVE"
