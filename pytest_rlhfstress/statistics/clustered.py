"""Means of scores that come in clusters: several replies to one prompt are not several prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite
from pytest_rlhfstress.statistics.intervals import Interval, upper_bound


@dataclass(frozen=True, slots=True)
class ClusteredMean:
    """A mean over all scores, its standard errors, and a t interval with ``clusters - 1`` degrees of freedom.

    ``naive`` takes every score as independent, ``cr0`` sums within clusters, ``cr1`` adds G/(G-1). With one
    cluster nothing can be said about the error: ``cr1`` is infinite and the interval unbounded.
    """

    mean: float
    naive: float
    cr0: float
    cr1: float
    clusters: int
    scores: int
    interval: Interval


def clustered_mean(clusters: Sequence[Sequence[float]], confidence: float = 0.95) -> ClusteredMean:
    """The mean of all scores with errors that respect their clusters (Liang and Zeger, 1986).

    ``clusters`` holds one sequence of scores for each prompt; empty ones are left out. Raises UserError where
    there is no score, or one that is not finite.
    """
    import numpy as np
    from scipy.special import stdtrit

    kept = [scores for scores in clusters if len(scores)]
    if not kept:
        raise UserError("there is no score to take the mean of")
    every = finite([score for scores in kept for score in scores], "scores")
    n, groups, mean = every.size, len(kept), float(every.mean())
    starts = np.cumsum([0, *(len(scores) for scores in kept[:-1])])
    naive = float(np.sqrt(every.var() / n))
    cr0 = float(np.linalg.norm(np.add.reduceat(every - mean, starts))) / n
    if groups == 1:
        return ClusteredMean(mean, naive, cr0, np.inf, 1, n, Interval(-np.inf, np.inf))
    cr1 = cr0 * (groups / (groups - 1)) ** 0.5
    half = float(stdtrit(groups - 1, (1 + confidence) / 2)) * cr1
    return ClusteredMean(mean, naive, cr0, cr1, groups, n, Interval(mean - half, mean + half))


def any_failure_bound(clusters: Sequence[Sequence[bool]], confidence: float = 0.95) -> float:
    """Exact upper bound on the share of prompts with any failing reply: for rates near zero."""
    judged = [replies for replies in clusters if len(replies)]
    return upper_bound(sum(any(replies) for replies in judged), len(judged), confidence)


def resampling_variance(between: float, within: float, prompts: int, replies: int) -> float:
    """Variance of a mean over ``prompts`` with ``replies`` each: (between + within/replies) / prompts.

    ``between`` is the variance of prompts' true means, ``within`` the mean variance of one prompt's replies.
    """
    return (between + within / replies) / prompts
