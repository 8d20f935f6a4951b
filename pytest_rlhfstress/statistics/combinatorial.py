"""What m sampled replies say about drawing n of them: unbiased, by counting subsets."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import counts, finite, same_length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def best_of_n_weights(proxy: ArrayLike, n: int) -> NDArray[np.float64]:
    """How often each of m replies is the best of a random n-subset by ``proxy``, shape (m,), summing to 1.

    Of the C(m, n) subsets the i-th smallest wins C(i-1, n-1); tied replies share theirs equally.
    Raises UserError unless 1 <= n <= m.
    """
    import numpy as np

    scores = finite(proxy, "proxy rewards")
    m = scores.size
    if not 1 <= n <= m:
        raise UserError(f"best of {n} needs at least {n} replies, and there are {m}; sample more or lower n")
    by_rank = np.array([comb(i, n - 1) / comb(m, n) for i in range(m)])
    _, group = np.unique(scores, return_inverse=True)
    order = np.argsort(scores, kind="stable")
    totals = np.bincount(group[order], weights=by_rank)
    shared: NDArray[np.float64] = (totals / np.bincount(group))[group]
    return shared


def best_of_n(proxy: ArrayLike, gold: ArrayLike, n: int) -> float:
    """Unbiased estimate of the mean ``gold`` of the best of ``n`` by ``proxy``, from m >= n independent replies.

    Every n-subset is an independent n-sample, and this averages all of them.
    """
    scores, worth = finite(proxy, "proxy rewards"), finite(gold, "gold values")
    same_length(proxy=scores, gold=worth)
    return float(best_of_n_weights(scores, n) @ worth)


def pass_at_k(m: int, c: int, k: int) -> float:
    """Unbiased chance that at least one of k replies passes, c of m having passed: 1 - C(m-c, k)/C(m, k).

    Chen et al. (2021). Average over prompts afterwards. Raises UserError unless k <= m.
    """
    _check(m, c, k)
    return 1 - comb(m - c, k) / comb(m, k)


def pass_hat_k(m: int, c: int, k: int) -> float:
    """Unbiased chance that all k replies pass, c of m having passed: C(c, k)/C(m, k) (pass^k, Yao et al., 2024)."""
    _check(m, c, k)
    return comb(c, k) / comb(m, k)


def plugin_pass_hat_k(m: int, c: int, k: int) -> float:
    """(c/m)^k: biased upwards, shown only to warn of it."""
    _check(m, c, k)
    return (c / m) ** k


def _check(m: int, c: int, k: int) -> None:
    counts(c, m)
    if not 1 <= k <= m:
        raise UserError(f"k={k} needs at least {k} replies to a prompt, and there are {m}")


def mean_over_prompts(passed: Sequence[tuple[int, int]], k: int) -> float:
    """The mean pass^k of prompts given as (replies, passing replies)."""
    if not passed:
        raise UserError("there is no prompt to average over")
    return sum(pass_hat_k(m, c, k) for m, c in passed) / len(passed)
