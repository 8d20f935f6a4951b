"""Two systems on the same prompts: was the difference chance?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite
from pytest_rlhfstress.statistics.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class McNemar:
    """``first_only`` prompts failed only in the first system, ``second_only`` only in the second."""

    first_only: int
    second_only: int
    exact: float
    mid_p: float


def mcnemar(first_only: int, second_only: int) -> McNemar:
    """The exact two-sided test on discordant prompts, and its mid-p (Fagerland et al., 2013); 1 without any."""
    from scipy.special import bdtr

    if min(first_only, second_only) < 0:
        raise UserError(f"discordant prompts cannot be negative: {first_only}, {second_only}")
    n, less = first_only + second_only, min(first_only, second_only)
    if n == 0:
        return McNemar(0, 0, 1.0, 1.0)
    tail = 2 * float(bdtr(less, n, 0.5))
    at = float(bdtr(less, n, 0.5) - (bdtr(less - 1, n, 0.5) if less else 0))
    return McNemar(first_only, second_only, min(1.0, tail), min(1.0, tail - at))


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Second minus first, with a bootstrap interval over prompts and a sign-flip p-value."""

    difference: float
    interval: Interval
    p: float
    prompts: int


def paired_difference(
    first: Sequence[Sequence[float]],
    second: Sequence[Sequence[float]],
    seed: int = 0,
    draws: int = 4000,
    confidence: float = 0.95,
) -> PairedDifference:
    """The mean difference of prompt means, each prompt answered by both systems any number of times.

    Prompts, not replies, are drawn again for the interval; the p-value flips the sign of prompts' differences.
    Raises UserError where the systems did not answer the same prompts.
    """
    import numpy as np

    if len(first) != len(second):
        raise UserError(f"paired prompts are needed, but one system has {len(first)} and the other {len(second)}")
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if len(a) and len(b)]
    if not pairs:
        raise UserError("there is no prompt that both systems answered")
    gaps = np.array([finite(b, "second").mean() - finite(a, "first").mean() for a, b in pairs])
    random = np.random.default_rng(seed)
    means = np.concatenate(
        [gaps[random.integers(0, gaps.size, (n, gaps.size))].mean(axis=1) for n in _batches(draws, gaps.size)]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return PairedDifference(
        float(gaps.mean()), Interval(float(low), float(high)), sign_flip(gaps, seed, draws), gaps.size
    )


def sign_flip(differences: ArrayLike, seed: int = 0, draws: int = 4000) -> float:
    """Two-sided p-value of "differences are as likely positive as negative" (Fisher, 1935).

    Exact for up to 12 differences that are not zero, else from ``draws`` random flips, the observed one included.
    """
    import numpy as np

    gaps = finite(differences, "differences")
    gaps = gaps[gaps != 0]
    if not gaps.size:
        return 1.0
    observed = abs(float(gaps.sum())) - 1e-12
    if gaps.size <= 12:
        signs = (np.arange(2**gaps.size)[:, None] >> np.arange(gaps.size) & 1) * 2 - 1
        return float((np.abs(signs @ gaps) >= observed).mean())
    random = np.random.default_rng(seed)
    hits = 0
    for n in _batches(draws, gaps.size):
        flipped = (random.integers(0, 2, (n, gaps.size)) * 2 - 1) @ gaps
        hits += int((np.abs(flipped) >= observed).sum())
    return (hits + 1) / (draws + 1)


def _batches(draws: int, width: int, cells: int = 2_000_000) -> Iterator[int]:
    """``draws`` in parts, so that no more than ``cells`` numbers are held at once."""
    most = max(1, cells // max(1, width))
    while draws > 0:
        yield min(draws, most)
        draws -= most
