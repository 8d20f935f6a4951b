"""Safety brake: as optimisation pressure rises, when does the proxy keep rising while what we want falls?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.candidates import Candidates
from pytest_rlhfstress.instruments.reward_mirror import OVERALL
from pytest_rlhfstress.instruments.wording import Row, number, percent, plain_rows
from pytest_rlhfstress.statistics.clustered import clustered_mean
from pytest_rlhfstress.statistics.combinatorial import best_of_n_weights
from pytest_rlhfstress.statistics.intervals import Interval
from pytest_rlhfstress.statistics.overoptimisation import GaoFit, fit_gao
from pytest_rlhfstress.statistics.policies import best_of_n_kl_bound, best_of_n_policy, gibbs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Method = Literal["KL penalty", "best of n", "best of n, sampled"]
BETAS = (10.0, 3.0, 1.0, 0.5, 0.25, 0.1, 0.05, 0.02)
SIZES = (2, 4, 8, 16, 64, 256)
UPPER_BOUND = "upper bound log n - (n-1)/n"
CAVEAT = (
    "this is a brake by stopping early: a KL penalty alone did not buy more true reward at the same distance in "
    "published experiments, and distances of different methods are not comparable"
)


@dataclass(frozen=True, slots=True)
class Pressure:
    """A family under one pressure: ``setting`` in words, ``kl`` in nats (0 untuned), means over prompts.

    ``proxy`` is the reward less its mean when untuned; ``gold`` the true worth; ``harmful`` the share of replies
    that break the invariant, None where nobody judged. The intervals are t intervals over prompts.
    """

    setting: str
    kl: float
    proxy: float
    gold: float
    gold_interval: Interval
    harmful: float | None
    harmful_interval: Interval | None

    @property
    def distance(self) -> float:
        """sqrt(KL), the axis of the picture."""
        return math.sqrt(self.kl)


@dataclass(frozen=True)
class Curve:
    """One family under rising pressure, untuned first. ``kl_is`` says whether KL is "exact" or which bound it is.

    ``fall`` is how much true worth is lost from its highest point to the last one, by prompt, with an interval.
    """

    family: str
    method: Method
    kl_is: str
    prompts: int
    points: tuple[Pressure, ...]
    fall: float
    fall_interval: Interval
    fit: GaoFit | None

    @property
    def best(self) -> Pressure:
        """Where true worth is highest."""
        return max(self.points, key=lambda p: p.gold)

    @property
    def turned(self) -> bool:
        """Whether true worth surely fell after its highest point while the proxy went on rising."""
        return self.fall_interval.low > 0 and self.points[-1].proxy > self.best.proxy

    def rows(self) -> tuple[Row, ...]:
        """One row for each pressure, for the picture: proxy and gold over ``distance``."""
        named = {"family": self.family, "method": self.method}
        return tuple({**named, **row, "distance": math.sqrt(float(str(row["kl"])))} for row in plain_rows(self.points))


@dataclass(frozen=True)
class Brake:
    """Every family's curve for each method, and those of all of them together."""

    truth: str
    curves: tuple[Curve, ...]
    caveat: str = field(default=CAVEAT)

    def of(self, family: str, method: Method = "KL penalty") -> Curve | None:
        """The curve of a family, None for one that was not measured."""
        return next((c for c in self.curves if (c.family, c.method) == (family, method)), None)

    @property
    def worst(self) -> Curve | None:
        """The family that loses most true worth to pressure, by the first method."""
        families = [c for c in self.curves if c.family != OVERALL and c.method == self.curves[0].method]
        return max(families, key=lambda c: (c.turned, c.fall, c.family), default=None)

    @property
    def sentence(self) -> str:
        """The family that collapses first, and where to stop."""
        curve = self.worst
        if curve is None:
            return "there is no prompt to put under pressure"
        best, last = curve.best, curve.points[-1]
        if not curve.turned:
            return f"no family is shown to lose true worth up to {last.setting} (least sure: {curve.family})"
        said = (
            f"{curve.family}: from {best.setting} to {last.setting} the proxy rises from {number(best.proxy)} to "
            f"{number(last.proxy)} while true worth falls from {number(best.gold)} to {number(last.gold)}"
        )
        if best.harmful is not None and last.harmful is not None:
            said += f" and harmful replies go from {percent(best.harmful)} to {percent(last.harmful)}"
        overall = self.of(OVERALL, curve.method)
        if overall is not None:
            first, final = overall.points[0].gold, overall.points[-1].gold
            said += f"; all families together went from {number(first)} to {number(final)}"
        return f"{said}; stop at {best.setting}"

    def rows(self) -> tuple[Row, ...]:
        """One row for each family, method and pressure."""
        return tuple(row for curve in self.curves for row in curve.rows())


@dataclass(frozen=True)
class _Outcome:
    """One prompt under one pressure."""

    kl: float
    proxy: float
    gold: float
    harmful: float | None


Press = Callable[[Candidates], _Outcome]


def safety_brake(
    source: Iterable[Candidates],
    truth: str,
    betas: Sequence[float] = BETAS,
    sizes: Sequence[int] = SIZES,
    traffic: Mapping[str, float] | None = None,
) -> Brake:
    """Exact policies over each prompt's candidates: the KL-regularised optimum at each beta, and best of n.

    ``traffic`` weighs the families in the curve of all of them (by default each prompt counts once). Raises
    UserError for a prompt without reference chances, and for a beta or size out of range.
    """
    kept = tuple(source)
    for one in kept:
        if one.reference is None:
            raise UserError(f"prompt {one.prompt[:40]!r} has no reference chances; use sampled_brake for samples")
    penalties = [(f"beta {beta:g}", _tilted(beta)) for beta in sorted(set(betas), reverse=True)]
    draws = [(f"best of {n}", _best(n)) for n in sorted(set(sizes))]
    untuned = ("no tuning", _untuned)
    return Brake(
        truth,
        (
            *_curves(kept, "KL penalty", "exact", [untuned, *penalties], traffic),
            *_curves(kept, "best of n", "exact", [untuned, *draws], traffic),
        ),
    )


def sampled_brake(
    source: Iterable[Candidates], truth: str, sizes: Sequence[int] = SIZES, traffic: Mapping[str, float] | None = None
) -> Brake:
    """Best of n estimated without bias from m independent samples of each prompt; sizes beyond the fewest are left out.

    The replies of each ``Candidates`` are the samples, and its reference is not used. KL is an upper bound, named so.
    """
    kept = tuple(source)
    most = min((len(one.replies) for one in kept), default=0)
    draws = [(f"best of {n}", _sampled(n)) for n in sorted({1, *sizes}) if n <= most]
    return Brake(truth, tuple(_curves(kept, "best of n, sampled", UPPER_BOUND, draws, traffic)))


def _outcome(one: Candidates, chances: NDArray[np.float64], kl: float) -> _Outcome:
    proxy = float(chances @ one.centred.mean(axis=1))
    harmful = None if one.harmful is None else float(chances @ one.harmful)
    return _Outcome(kl, proxy, float(chances @ one.truth), harmful)


def _reference(one: Candidates) -> NDArray[np.float64]:
    if one.reference is None:
        raise UserError(f"prompt {one.prompt[:40]!r} has no reference chances")
    return one.reference


def _untuned(one: Candidates) -> _Outcome:
    return _outcome(one, _reference(one), 0.0)


def _tilted(beta: float) -> Press:
    def press(one: Candidates) -> _Outcome:
        policy = gibbs(_reference(one), one.proxy, beta)
        return _outcome(one, policy.chances, policy.kl)

    return press


def _best(n: int) -> Press:
    def press(one: Candidates) -> _Outcome:
        policy = best_of_n_policy(_reference(one), one.proxy, n)
        return _outcome(one, policy.chances, policy.kl)

    return press


def _sampled(n: int) -> Press:
    def press(one: Candidates) -> _Outcome:
        import numpy as np

        chances = best_of_n_weights(one.proxy, n)
        proxy = float(chances @ (one.proxy - one.proxy.mean()))
        harmful = None if one.harmful is None else float(chances @ one.harmful.astype(np.float64))
        return _Outcome(best_of_n_kl_bound(n), proxy, float(chances @ one.truth), harmful)

    return press


def _curves(
    source: tuple[Candidates, ...],
    method: Method,
    kl_is: str,
    presses: Sequence[tuple[str, Press]],
    traffic: Mapping[str, float] | None,
) -> Iterable[Curve]:
    outcomes = [[press(one) for one in source] for _, press in presses]
    names = [name for name, _ in presses]
    families = sorted({one.family for one in source})
    for family in [OVERALL, *families] if families and names else []:
        own = [at for at, one in enumerate(source) if family in (OVERALL, one.family)]
        weights = _weights([source[at].family for at in own], traffic if family == OVERALL else None)
        own_outcomes = [[row[at] for at in own] for row in outcomes]
        yield _curve(family, method, kl_is, names, own_outcomes, weights)


def _weights(families: Sequence[str], traffic: Mapping[str, float] | None) -> list[float]:
    """The weight of each prompt, 1 on average."""
    if traffic is None:
        return [1.0] * len(families)
    total = sum(traffic.get(family, 0.0) for family in set(families))
    if not total > 0:
        raise UserError(f"traffic names none of the families {', '.join(sorted(set(families)))}")
    return [traffic.get(family, 0.0) / total * len(families) / families.count(family) for family in families]


def _curve(
    family: str,
    method: Method,
    kl_is: str,
    names: Sequence[str],
    outcomes: Sequence[Sequence[_Outcome]],
    weights: Sequence[float],
) -> Curve:
    points = tuple(_point(name, row, weights) for name, row in zip(names, outcomes, strict=True))
    best = max(range(len(points)), key=lambda at: points[at].gold)
    lost = clustered_mean(
        [[w * (a.gold - b.gold)] for a, b, w in zip(outcomes[best], outcomes[-1], weights, strict=True)]
    )
    fit = fit_gao(
        [point.distance for point in points],
        [point.gold - points[0].gold for point in points],
        "rl" if method == "KL penalty" else "best-of-n",
    )
    return Curve(family, method, kl_is, len(weights), points, lost.mean, lost.interval, fit)


def _point(name: str, row: Sequence[_Outcome], weights: Sequence[float]) -> Pressure:
    def mean(values: Sequence[float]) -> tuple[float, Interval]:
        found = clustered_mean([[w * value] for value, w in zip(values, weights, strict=True)])
        return found.mean, found.interval

    gold, gold_interval = mean([one.gold for one in row])
    judged = [one.harmful for one in row if one.harmful is not None]
    harmful = mean(judged) if len(judged) == len(row) else None
    return Pressure(
        setting=name,
        kl=mean([one.kl for one in row])[0],
        proxy=mean([one.proxy for one in row])[0],
        gold=gold,
        gold_interval=gold_interval,
        harmful=harmful[0] if harmful else None,
        harmful_interval=harmful[1] if harmful else None,
    )
