"""Policies over a finite set of replies: tilted by a reward, or the best of n; and how far they went (KL)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import distribution, finite, same_length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Policy:
    """Chances of the candidates, shape (n,), the divergence KL(policy || reference) in nats and the mean reward."""

    chances: NDArray[np.float64]
    kl: float
    reward: float


def kl_divergence(policy: ArrayLike, reference: ArrayLike) -> float:
    """KL(policy || reference) in nats; infinite where the policy does what the reference never does."""
    from scipy.special import rel_entr

    q, p = distribution(policy, "policy"), distribution(reference, "reference")
    same_length(policy=q, reference=p)
    return max(0.0, float(rel_entr(q, p).sum()))


def gibbs(reference: ArrayLike, rewards: ArrayLike, beta: float) -> Policy:
    """The policy that maximises reward - beta KL: reference times e^(reward/beta), normalised.

    ``beta`` must be positive; as it falls to 0 all mass moves to the best replies the reference can give.
    """
    import numpy as np

    p, r = distribution(reference, "reference"), finite(rewards, "rewards")
    same_length(reference=p, rewards=r)
    if not beta > 0:
        raise UserError(f"beta={beta!r}: the weight of the KL penalty is a positive number")
    with np.errstate(divide="ignore"):
        logits = np.log(p) + r / beta
    weights = np.exp(logits - logits.max())
    q = weights / weights.sum()
    return Policy(q, kl_divergence(q, p), float(q @ r))


def gibbs_objective(reference: ArrayLike, rewards: ArrayLike, beta: float) -> float:
    """What the Gibbs policy reaches, reward - beta KL = beta log sum(reference e^(reward/beta))."""
    import numpy as np
    from scipy.special import logsumexp

    p, r = distribution(reference, "reference"), finite(rewards, "rewards")
    if not beta > 0:
        raise UserError(f"beta={beta!r}: the weight of the KL penalty is a positive number")
    return beta * float(logsumexp(r / beta, b=np.asarray(p)))


def best_of_n_policy(reference: ArrayLike, rewards: ArrayLike, n: int) -> Policy:
    """The exact policy "draw n, keep the best": F(y)^n - F-(y)^n over the reward's order.

    Tied replies share their mass in proportion to the reference, as drawing among them does.
    """
    import numpy as np

    p, r = distribution(reference, "reference"), finite(rewards, "rewards")
    same_length(reference=p, rewards=r)
    if n < 1:
        raise UserError(f"best of {n}: at least one reply must be drawn")
    _, rank = np.unique(r, return_inverse=True)
    mass = np.bincount(rank, weights=p)
    upto = np.minimum(np.cumsum(mass), 1.0)
    below = np.concatenate([[0.0], upto[:-1]])
    won = upto**n - below**n
    q = np.divide(won[rank] * p, mass[rank], out=np.zeros_like(p), where=mass[rank] > 0)
    q = q / q.sum()
    return Policy(q, kl_divergence(q, p), float(q @ r))


def best_of_n_kl_bound(n: int) -> float:
    """log n - (n-1)/n: only an UPPER bound on the divergence of best-of-n (Beirami et al., 2024).

    It is the divergence itself where no two replies tie and each is unlikely; on few candidates it is far off.
    """
    if n < 1:
        raise UserError(f"best of {n}: at least one reply must be drawn")
    return math.log(n) - (n - 1) / n


@dataclass(frozen=True, slots=True)
class SampledKL:
    """Monte Carlo estimates of KL(policy || reference) from replies of the policy, with standard errors.

    ``k1`` is unbiased; ``k2`` is biased; ``k3`` has the smallest spread, and is biased where the reference has mass
    that the policy never draws from (Schulman, 2020).
    """

    k1: float
    k2: float
    k3: float
    k1_error: float
    k2_error: float
    k3_error: float
    samples: int


def sampled_kl(log_policy: ArrayLike, log_reference: ArrayLike) -> SampledKL:
    """The estimates from log chances of whole sampled replies under both, shape (samples,)."""
    q, p = finite(log_policy, "log chances under the policy"), finite(log_reference, "log chances under the reference")
    same_length(policy=q, reference=p)
    if q.size < 2:
        raise UserError("at least two sampled replies are needed to estimate a divergence")
    terms = kl_terms(q, p)
    means = [float(t.mean()) for t in terms]
    errors = [float(t.std(ddof=1)) / math.sqrt(q.size) for t in terms]
    return SampledKL(means[0], means[1], means[2], errors[0], errors[1], errors[2], q.size)


def kl_terms(log_policy: NDArray[np.float64], log_reference: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """The k1, k2 and k3 term of each reply, each of shape (samples,)."""
    import numpy as np

    log_ratio = log_reference - log_policy
    return -log_ratio, log_ratio**2 / 2, np.expm1(log_ratio) - log_ratio
