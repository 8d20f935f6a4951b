"""Many tests at once: which of them still stand, and how the worst of many misleads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite, level, probabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values, shape (n,): reject where at most the false discovery rate you accept.

    Benjamini and Hochberg (1995); for independent or positively dependent tests.
    """
    return _step_up(p_values, 1.0)


def benjamini_yekutieli(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values under any dependence (Benjamini and Yekutieli, 2001)."""
    return _step_up(p_values, harmonic(_size(p_values)))


def harmonic(n: int) -> float:
    """1 + 1/2 + ... + 1/n: what arbitrary dependence costs."""
    return sum(1 / i for i in range(1, n + 1))


def _size(values: ArrayLike) -> int:
    import numpy as np

    return int(np.asarray(values).size)


def _step_up(p_values: ArrayLike, factor: float) -> NDArray[np.float64]:
    import numpy as np

    p = probabilities(p_values, "p-values")
    order = np.argsort(p)
    raised = p[order] * p.size * factor / np.arange(1, p.size + 1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1)
    return adjusted


def e_benjamini_hochberg(e_values: ArrayLike, rate: float = 0.05) -> NDArray[np.bool_]:
    """Which hypotheses are rejected at false discovery rate ``rate``, shape (n,), under any dependence.

    Wang and Ramdas (2022): the largest k with the k-th largest e-value at least n/(rate k).
    """
    import numpy as np

    level(rate, "rate")
    e = finite(e_values, "e-values")
    if e.size and e.min() < 0:
        raise UserError(f"an e-value is never negative, got {e.min():g}")
    order = np.argsort(-e)
    enough = np.nonzero(e[order] * np.arange(1, e.size + 1) >= e.size / rate)[0]
    rejected = np.zeros(e.size, dtype=bool)
    rejected[order[: enough[-1] + 1 if enough.size else 0]] = True
    return rejected


def expected_worst_rate(families: int, n: int, rate: float) -> float:
    """What the worst of ``families`` shows on average when each truly fails at ``rate``, from ``n`` cases each.

    The exact mean of the maximum of independent binomials: why a worst slice is measured again on fresh prompts.
    """
    import numpy as np
    from scipy.special import bdtr

    below = bdtr(np.arange(n), n, rate) ** families
    return float((1 - below).sum() / n)
