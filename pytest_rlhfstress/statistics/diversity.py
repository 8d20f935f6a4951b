"""How many kinds were seen, how evenly, and how much mass was never seen at all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.intervals import upper_bound

GOOD_TURING_HOLDS = "if these prompts were drawn at random from real traffic; curated data breaks it"


@dataclass(frozen=True, slots=True)
class UnseenMass:
    """``share`` of traffic in kinds never seen (Good-Turing, N1/N), and how many ``kinds`` there may be (Chao1).

    Both hold only on ``condition``. ``share`` is None where nothing was counted.
    """

    share: float | None
    kinds: float
    condition: str = GOOD_TURING_HOLDS


def unseen_mass(counts: Collection[int]) -> UnseenMass:
    """Good (1953) and the bias-corrected Chao1 (Chao, 1984) from how often each kind was seen; zeros do not count."""
    seen = [n for n in counts if n > 0]
    if any(n < 0 for n in counts):
        raise UserError("a count is never negative")
    once, twice = seen.count(1), seen.count(2)
    kinds = len(seen) + once * (once - 1) / (2 * (twice + 1))
    return UnseenMass(once / sum(seen) if seen else None, kinds)


def unseen_bound(fresh_unseen: int, fresh: int, confidence: float = 0.95) -> float:
    """Exact upper bound on the unseen share, from ``fresh`` new prompts of which ``fresh_unseen`` fit no seen kind."""
    return upper_bound(fresh_unseen, fresh, confidence)


def effective_number(weights: Collection[float], order: int = 1) -> float:
    """How many equally common kinds would be as diverse: e^entropy (order 1) or 1/sum p^2 (order 2); 0 without any.

    Hill numbers (1973). ``weights`` are counts or shares, in any scale.
    """
    import numpy as np
    from scipy.special import entr

    from pytest_rlhfstress.statistics.checking import finite

    w = finite(list(weights), "weights")
    if w.size and w.min() < 0:
        raise UserError(f"a weight is never negative, got {w.min():g}")
    if order not in (1, 2):
        raise UserError(f"order={order!r}: write 1 (entropy) or 2 (inverse Simpson)")
    if not w.sum() > 0:
        return 0.0
    p = w / w.sum()
    return float(np.exp(entr(p).sum())) if order == 1 else float(1 / (p**2).sum())


def same_kind_chance(counts: Collection[int]) -> float | None:
    """Unbiased chance that two different draws are of one kind: sum n(n-1)/(N(N-1)); None below two draws (Simpson)."""
    total = sum(counts)
    return sum(n * (n - 1) for n in counts) / (total * (total - 1)) if total >= 2 else None
