"""What the members of a reward ensemble agree on, and how to pay for their disagreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import distribution, finite, probabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def centred(rewards: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    """Rewards of one prompt's replies, shape (replies,) or (replies, members), less their mean under the reference.

    Bradley-Terry fixes a reward only up to a constant for each prompt, so members are comparable only after this.
    """
    r, p = finite(rewards, "rewards"), distribution(reference, "reference")
    if len(r) != len(p):
        raise UserError(f"one reference chance for each reply is needed, got {len(p)} for {len(r)}")
    moved: NDArray[np.float64] = r - p @ r
    return moved


@dataclass(frozen=True)
class MarginSpread:
    """What the members say of each pair, shape (pairs,) each.

    ``z`` is |mean|/sd over members (infinite where all agree on one margin that is not 0, 0 where all say 0);
    ``split`` is the chance that two different members prefer different replies; a margin of 0 counts half for each.
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    z: NDArray[np.float64]
    split: NDArray[np.float64]


def margin_spread(margins: ArrayLike) -> MarginSpread:
    """Mean, spread, z and sign split of members' margins, shape (pairs, members).

    With one member ``sd``, ``z`` and ``split`` are NaN: one model cannot disagree with itself.
    """
    import numpy as np

    m = finite(margins, "margins")
    if m.ndim != 2:
        raise UserError(f"margins need the shape (pairs, members), got {m.shape}")
    mean = m.mean(axis=1)
    members = m.shape[1]
    if members < 2:
        nothing = np.full(len(m), np.nan)
        return MarginSpread(mean, nothing, nothing, nothing)
    first = ((m > 0) + (m == 0) / 2).mean(axis=1)
    split = 2 * first * (1 - first) * members / (members - 1)
    sd = m.std(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(mean == 0, 0.0, np.abs(mean) / sd)
    return MarginSpread(mean, sd, z, split)


def worst_case(rewards: ArrayLike) -> NDArray[np.float64]:
    """The lowest member's reward, over the last axis (WCO; Coste et al., 2023)."""
    lowest: NDArray[np.float64] = finite(rewards, "rewards").min(axis=-1)
    return lowest


def uncertainty_weighted(rewards: ArrayLike, weight: float) -> NDArray[np.float64]:
    """Mean less ``weight`` times the population variance of members, over the last axis (UWO; Coste et al., 2023)."""
    r = finite(rewards, "rewards")
    found: NDArray[np.float64] = r.mean(axis=-1) - weight * r.var(axis=-1)
    return found


def soft_minimum(rewards: ArrayLike, beta: float) -> NDArray[np.float64]:
    """-beta log mean e^(-reward/beta) over the last axis: the minimum at beta 0, the mean at infinity."""
    import numpy as np
    from scipy.special import logsumexp

    r = finite(rewards, "rewards")
    if not beta > 0:
        raise UserError(f"beta={beta!r}: write a positive number")
    found: NDArray[np.float64] = -beta * (logsumexp(-r / beta, axis=-1) - np.log(r.shape[-1]))
    return found


@dataclass(frozen=True)
class Bald:
    """Entropy of the mean forecast, the mean entropy of forecasts, and their difference: what members disagree on."""

    total: NDArray[np.float64]
    aleatoric: NDArray[np.float64]
    epistemic: NDArray[np.float64]


def bald(forecasts: ArrayLike) -> Bald:
    """BALD in nats from members' chances of preference over the last axis (Houlsby et al., 2011)."""
    from scipy.special import entr

    p = probabilities(forecasts, "forecasts")
    mean = p.mean(axis=-1)
    total = entr(mean) + entr(1 - mean)
    aleatoric = (entr(p) + entr(1 - p)).mean(axis=-1)
    return Bald(total, aleatoric, total - aleatoric)
