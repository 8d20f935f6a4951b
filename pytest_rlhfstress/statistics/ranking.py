"""Two rankings of the same replies: pair accuracy, Kendall's tau, regret, distance, and area under the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite, same_length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class PairAccuracy:
    """Of the pairs the truth tells apart, how many the score orders alike; a tied score counts half."""

    right: float
    pairs: int

    @property
    def share(self) -> float | None:
        """The share in order, None without a pair."""
        return self.right / self.pairs if self.pairs else None


def pair_accuracy(truth: ArrayLike, score: ArrayLike) -> PairAccuracy:
    """Over all pairs of one prompt's replies, shapes (n,) and (n,)."""
    import numpy as np

    t, s = _both(truth, score)
    first, second = np.triu_indices(t.size, 1)
    gap, said = np.sign(t[first] - t[second]), np.sign(s[first] - s[second])
    told = gap != 0
    right = np.where(said == 0, 0.5, said == gap)[told].sum()
    return PairAccuracy(float(right), int(told.sum()))


def kendall_tau(truth: ArrayLike, score: ArrayLike) -> float | None:
    """Kendall's tau-b; None where either is constant or there are fewer than two."""
    import numpy as np

    t, s = _both(truth, score)
    first, second = np.triu_indices(t.size, 1)
    gap, said = np.sign(t[first] - t[second]), np.sign(s[first] - s[second])
    untied = float(np.count_nonzero(gap)) * float(np.count_nonzero(said))
    return float(gap @ said) / untied**0.5 if untied else None


def regret(truth: ArrayLike, score: ArrayLike) -> float:
    """What following the score costs: the best truth less that of the top-scored reply (the mean of tied ones)."""
    t, s = _both(truth, score)
    if not t.size:
        raise UserError("there is no reply to choose from")
    return float(t.max() - t[s == s.max()].mean())


def correlation(first: ArrayLike, second: ArrayLike) -> float | None:
    """Pearson's correlation; None where either is constant or there are fewer than two."""
    import numpy as np

    a, b = _both(first, second)
    if a.size < 2:
        return None
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return max(-1.0, min(1.0, float(a @ b) / scale)) if scale > 1e-300 else None


def pearson_distance(truth: ArrayLike, score: ArrayLike) -> float | None:
    """sqrt((1 - correlation)/2), 0 to 1 (EPIC's distance, Gleave et al., 2021); None where undefined."""
    rho = correlation(truth, score)
    return None if rho is None else ((1 - rho) / 2) ** 0.5


def auroc(positive: ArrayLike, negative: ArrayLike) -> float | None:
    """The chance that a positive scores above a negative, ties counting half; None where either is missing."""
    import numpy as np

    p, n = finite(positive, "scores of positives"), np.sort(finite(negative, "scores of negatives"))
    if not p.size or not n.size:
        return None
    below, upto = np.searchsorted(n, p, "left"), np.searchsorted(n, p, "right")
    return float((below + upto).sum() / (2 * p.size * n.size))


@dataclass(frozen=True, slots=True)
class StyleMatrix:
    """Accuracy where the right reply has the richer style, the same, or the poorer (RM-Bench; Liu et al., 2024)."""

    easy: float
    normal: float
    hard: float


def style_matrix(chosen: ArrayLike, rejected: ArrayLike) -> StyleMatrix:
    """From the rewards of the right and the wrong reply in the same styles, plainest first, shape (styles,) each.

    Raises UserError with fewer than two styles.
    """
    import numpy as np

    right, wrong = _both(chosen, rejected)
    if right.size < 2:
        raise UserError("at least two styles of each reply are needed")
    won = np.sign(right[:, None] - wrong[None, :]) / 2 + 0.5
    upper, lower = np.triu_indices(right.size, 1), np.tril_indices(right.size, -1)
    return StyleMatrix(float(won[lower].mean()), float(np.diag(won).mean()), float(won[upper].mean()))


def _both(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = finite(first, "true values"), finite(second, "scores")
    same_length(truth=a, scores=b)
    return a, b
