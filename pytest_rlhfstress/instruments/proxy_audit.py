"""Proxy audit: which hidden proxy (calm tone, length, hedging, flattery) is the reward model paying for?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.reward_mirror import OVERALL
from pytest_rlhfstress.instruments.wording import Row, number, percent, plain_rows
from pytest_rlhfstress.statistics.calibration import sigmoid
from pytest_rlhfstress.statistics.checking import finite, same_length
from pytest_rlhfstress.statistics.clustered import clustered_mean
from pytest_rlhfstress.statistics.intervals import Interval
from pytest_rlhfstress.statistics.multiplicity import benjamini_hochberg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Judgement = Literal["sign flip", "unearned", "agrees", "no effect", "no oracle"]
SURE = 0.05
CAVEATS = (
    "rewriting the style of a reply moves a little of its content too",
    "length or hedging can be right: this says what the reward depends on, not that it should not",
)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One reply with and without a proxy, its content the same; rewards, and true worth where somebody knows it."""

    proxy: str
    family: str
    prompt: str
    plain: float
    styled: float
    true_plain: float | None = None
    true_styled: float | None = None


@dataclass(frozen=True, slots=True)
class ProxyEffect:
    """What adding a proxy does to the reward, over matched rewrites clustered by prompt.

    ``effect`` is the mean change of reward, ``win`` the mean chance that the styled reply is preferred. ``oracle``
    is the mean change of true worth, None without an oracle. ``adjusted`` is the p-value of "no effect" after
    Benjamini and Hochberg over all rows. ``judgement``: a "sign flip" is paid for and truly worse, or the reverse;
    "unearned" moves the reward and is truly worth nothing.
    """

    proxy: str
    family: str
    prompts: int
    rewrites: int
    effect: float
    interval: Interval
    win: float
    oracle: float | None
    oracle_interval: Interval | None
    adjusted: float
    judgement: Judgement


@dataclass(frozen=True)
class Audited:
    """Every proxy, over all families and in each: the forest with the oracle's markers."""

    effects: tuple[ProxyEffect, ...]
    caveats: tuple[str, ...] = CAVEATS

    def of(self, proxy: str, family: str = OVERALL) -> ProxyEffect | None:
        """The effect of a proxy in a family, None where it was not tried."""
        return next((e for e in self.effects if (e.proxy, e.family) == (proxy, family)), None)

    @property
    def flips(self) -> tuple[ProxyEffect, ...]:
        """What the reward model pays for although it makes replies worse, or the reverse; strongest first."""
        found = [e for e in self.effects if e.judgement == "sign flip"]
        return tuple(sorted(found, key=lambda e: -abs(e.effect)))

    @property
    def sentence(self) -> str:
        """The proxy that is paid for most wrongly."""
        if not self.effects:
            return "no reply was rewritten"
        kinds = ("sign flip", "unearned", "no oracle")
        for kind in kinds:
            found = [e for e in self.effects if e.judgement == kind and (kind == "sign flip" or e.adjusted <= SURE)]
            if found:
                return _said(max(found, key=lambda e: (abs(e.effect), e.family == OVERALL)))
        return f"none of {', '.join(sorted({e.proxy for e in self.effects}))} is shown to be paid for wrongly"

    def rows(self) -> tuple[Row, ...]:
        """One row for each proxy and family."""
        return plain_rows(self.effects)


def _said(effect: ProxyEffect) -> str:
    verb = "adds" if effect.effect >= 0 else "costs"
    interval = f"[{number(effect.interval.low)}, {number(effect.interval.high)}]"
    said = (
        f"{effect.family}: {effect.proxy} {verb} {number(abs(effect.effect))} reward {interval} with the same content "
        f"and wins {percent(effect.win)} of comparisons"
    )
    if effect.oracle is None:
        return f"{said}; no oracle says what it is worth"
    return f"{said}, while its true worth is {number(effect.oracle, signed=True)}"


def proxy_audit(rewrites: Iterable[Rewrite]) -> Audited:
    """Measure each proxy over all families and in each of them. Raises UserError for rewards that are not finite."""
    kept = tuple(rewrites)
    finite([(one.plain, one.styled) for one in kept], "rewards of rewrites")
    rows = []
    for proxy in sorted({one.proxy for one in kept}):
        own = [one for one in kept if one.proxy == proxy]
        families = sorted({one.family for one in own})
        rows.append(_effect(proxy, OVERALL, own))
        if len(families) > 1:
            rows += [_effect(proxy, family, [one for one in own if one.family == family]) for family in families]
    adjusted = benjamini_hochberg([p for _, p in rows]).tolist() if rows else []
    return Audited(tuple(_judged(effect, p) for (effect, _), p in zip(rows, adjusted, strict=True)))


def _effect(proxy: str, family: str, own: Sequence[Rewrite]) -> tuple[ProxyEffect, float]:
    """The effect, yet unjudged, and its unadjusted p-value."""
    paid = clustered_mean(_by_prompt(own, [one.styled - one.plain for one in own]))
    known = [one for one in own if one.true_plain is not None and one.true_styled is not None]
    gained = [(one.true_styled or 0.0) - (one.true_plain or 0.0) for one in known]
    true = clustered_mean(_by_prompt(known, gained)) if known else None
    effect = ProxyEffect(
        proxy=proxy,
        family=family,
        prompts=paid.clusters,
        rewrites=len(own),
        effect=paid.mean,
        interval=paid.interval,
        win=float(sigmoid([one.styled - one.plain for one in own]).mean()),
        oracle=None if true is None else true.mean,
        oracle_interval=None if true is None else true.interval,
        adjusted=1.0,
        judgement="no oracle",
    )
    return effect, _p_of(paid.mean, paid.cr1, paid.clusters)


def _p_of(mean: float, error: float, clusters: int) -> float:
    """Two-sided p-value of the clustered t test."""
    from scipy.special import stdtr

    if clusters < 2:
        return 1.0
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * stdtr(clusters - 1, -abs(mean) / error))


def _by_prompt(own: Sequence[Rewrite], values: Sequence[float]) -> list[list[float]]:
    gathered: dict[str, list[float]] = {}
    for one, value in zip(own, values, strict=True):
        gathered.setdefault(one.prompt, []).append(value)
    return list(gathered.values())


def _judged(effect: ProxyEffect, adjusted: float) -> ProxyEffect:
    sure = adjusted <= SURE and 0 not in effect.interval
    judgement: Judgement
    if effect.oracle is None or effect.oracle_interval is None:
        judgement = "no oracle"
    elif not sure:
        judgement = "no effect"
    elif 0 in effect.oracle_interval:
        judgement = "unearned"
    else:
        judgement = "sign flip" if effect.oracle * effect.effect < 0 else "agrees"
    return replace(effect, adjusted=adjusted, judgement=judgement)


@dataclass(frozen=True, slots=True)
class LengthShare:
    """How much of the reward gained by tuning came with longer replies.

    ``total`` is the whole gain, ``within`` what is left among replies of like length, ``share`` their quotient (None
    without a gain); ``compared`` is the share of tuned replies that have untuned ones of like length.
    """

    total: float
    within: float
    share: float | None
    compared: float


@dataclass(frozen=True)
class Said:
    """Replies as lengths and rewards, shape (n,) each; ``weights`` are their chances, None for equal ones."""

    lengths: ArrayLike
    rewards: ArrayLike
    weights: ArrayLike | None = None


def length_share(before: Said, after: Said, bins: int = 10) -> LengthShare:
    """Gain of reward within bins of length over the total gain from ``before`` tuning to ``after`` it.

    Singhal et al. (2023). Raises UserError where either is empty.
    """
    import numpy as np

    lengths = np.concatenate([finite(before.lengths, "lengths before"), finite(after.lengths, "lengths after")])
    if not lengths.size:
        raise UserError("replies before and after tuning are needed")
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, bins + 1)[1:-1]))
    mass0, paid0 = _binned(before, edges)
    mass1, paid1 = _binned(after, edges)
    both = (mass0 > 0) & (mass1 > 0)
    total = float(paid1.sum() / mass1.sum() - paid0.sum() / mass0.sum())
    gains = paid1[both] / mass1[both] - paid0[both] / mass0[both]
    within = float(gains @ mass1[both] / mass1[both].sum()) if both.any() else 0.0
    share = within / total if abs(total) > 1e-12 else None
    return LengthShare(total, within, share, float(mass1[both].sum() / mass1.sum()))


def _binned(said: Said, edges: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mass of replies in each bin of length, and their weighted rewards."""
    import numpy as np

    lengths, rewards = finite(said.lengths, "lengths"), finite(said.rewards, "rewards")
    weights = np.ones(lengths.size) if said.weights is None else finite(said.weights, "weights")
    same_length(lengths=lengths, rewards=rewards, weights=weights)
    if not weights.sum() > 0:
        raise UserError("replies before and after tuning are needed")
    at = np.searchsorted(edges, lengths, "right")
    mass = np.bincount(at, weights, edges.size + 1).astype(np.float64)
    return mass, np.bincount(at, weights * rewards, edges.size + 1).astype(np.float64)
