"""The simulated reviewers: five people with stated leanings, three of whom vote on each pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_rlhfstress.clinic.features import STYLES, candidate_features
from pytest_rlhfstress.clinic.replies import ACTS, ESCALATING, candidates

VOTES_PER_PAIR = 3


@dataclass(frozen=True)
class Rater:
    """How much somebody cares for substance, a calm tone, escalating and length, and how unsteadily they judge."""

    name: str
    substance: float
    calm: float
    escalation: float
    length: float
    noise: float


PANEL = (
    Rater("nurse", substance=1.4, calm=-0.2, escalation=0.4, length=0.0, noise=0.5),
    Rater("desk", substance=1.0, calm=0.9, escalation=-0.7, length=-0.1, noise=0.6),
    Rater("advocate", substance=1.1, calm=0.9, escalation=0.1, length=0.2, noise=0.6),
    Rater("rushed", substance=0.8, calm=0.3, escalation=-0.4, length=-0.4, noise=1.0),
    Rater("manager", substance=1.0, calm=0.9, escalation=-0.6, length=0.0, noise=0.6),
)


def liking(substance: np.ndarray) -> np.ndarray:
    """What each rater feels about each candidate, shape (n, raters, 24), from its substance, shape (n, 24)."""
    features = candidate_features()
    calm = np.array([c.calm for c in candidates()], dtype=float)
    length = features[:, len(ACTS) + STYLES.index("length")]
    escalates = np.array([c.act in ESCALATING for c in candidates()], dtype=float)
    tastes = np.stack([r.calm * calm + r.escalation * escalates + r.length * length for r in PANEL])
    weights = np.array([r.substance for r in PANEL])
    return np.asarray(weights[None, :, None] * substance[:, None, :] + tastes[None])


def vote(liked: np.ndarray, pairs: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Who votes on each pair and whether for its first reply.

    ``liked`` is (n, raters, 24) and ``pairs`` (n, k, 2), of candidates. Returns raters (n, k, 3), all different,
    and votes (n, k, 3) of booleans. A rater prefers what they like more, with logistic noise.
    """
    n, k, _ = pairs.shape
    raters = np.argsort(random.random((n, k, len(PANEL))), axis=2)[:, :, :VOTES_PER_PAIR]
    rows = np.arange(n)[:, None, None]
    margin = liked[rows, raters, pairs[:, :, :1]] - liked[rows, raters, pairs[:, :, 1:]]
    noise = np.array([r.noise for r in PANEL])[raters] * random.logistic(size=raters.shape)
    return raters, margin + noise > 0
