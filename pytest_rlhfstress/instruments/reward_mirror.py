"""Reward mirror: where does the learned reward part from what we actually want, family by family?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.instruments.candidates import Candidates
from pytest_rlhfstress.instruments.judged_pairs import JudgedPairs
from pytest_rlhfstress.instruments.wording import Row, number, percent, plain_rows
from pytest_rlhfstress.statistics.clustered import clustered_mean
from pytest_rlhfstress.statistics.intervals import Interval
from pytest_rlhfstress.statistics.ranking import correlation, kendall_tau, pearson_distance, regret

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OVERALL = "all"
LISTED = 20
POINTS = 2000
HISTOGRAM_BINS = 24
LEAKS_FROM = 0.99
FEWEST_PAIRS = 20
VOTES = "the votes"


@dataclass(frozen=True, slots=True)
class FamilyMirror:
    """One family. ``accuracy`` is the share of reply pairs ordered as the truth orders them, clustered by prompt.

    ``always_longer`` and ``always_shorter`` are what preferring by length alone would reach on the same pairs;
    ``beats_length`` whether the interval lies above the better of the two. ``tau`` and ``distance`` (0 to 1) are
    means over prompts with three replies or more; ``regret`` is the mean worth lost by taking the top-paid reply;
    ``length_correlation`` is that of margin and difference in length.
    """

    family: str
    prompts: int
    pairs: int
    accuracy: float | None
    interval: Interval
    always_longer: float | None
    always_shorter: float | None
    tau: float | None
    regret: float
    distance: float | None
    length_correlation: float | None

    @property
    def beats_length(self) -> bool:
        """Whether the whole interval lies above what length alone reaches."""
        best = max(self.always_longer or 0.0, self.always_shorter or 0.0)
        return self.accuracy is not None and self.interval.low > best


@dataclass(frozen=True, slots=True)
class ConfidentDisagreement:
    """A pair on which the reward model confidently prefers the worse reply."""

    family: str
    prompt: str
    preferred: str
    better: str
    margin: float
    truth_gap: float


@dataclass(frozen=True)
class Mirror:
    """The reward model held against ``truth`` (the name of a rubric with its version, or the votes).

    ``margins`` is a histogram of the margin towards the truly better reply: (edges, counts). ``points`` are
    (family, true worth, reward), both centred by prompt, at most 2000 of them.
    """

    truth: str
    overall: FamilyMirror
    families: tuple[FamilyMirror, ...]
    disagreements: tuple[ConfidentDisagreement, ...]
    margins: tuple[tuple[float, ...], tuple[int, ...]]
    points: tuple[tuple[str, float, float], ...]
    warnings: tuple[str, ...]

    def of(self, family: str) -> FamilyMirror | None:
        """The row of a family, None for one that was not measured."""
        return next((f for f in self.families if f.family == family), None)

    @property
    def worst(self) -> FamilyMirror:
        """The family in which the fewest pairs are ordered rightly, among those with 20 pairs or more."""
        known = [f for f in self.families if f.pairs >= FEWEST_PAIRS]
        return min(known, key=lambda f: (f.accuracy or 0.0, f.family), default=self.overall)

    @property
    def sentence(self) -> str:
        """The family in which the reward model is worst, beside what length alone would reach."""
        worst = self.worst
        if worst.accuracy is None:
            return f"no two replies to one prompt differ in worth by {self.truth}: nothing to compare"
        longer = (worst.always_longer or 0.0) >= (worst.always_shorter or 0.0)
        blind = worst.always_longer if longer else worst.always_shorter
        beside = f"always the {'longer' if longer else 'shorter'}: {percent(blind)}"
        return (
            f"{worst.family}: {percent(worst.accuracy)} of reply pairs ordered in line with {self.truth} ({beside}; "
            f"all families: {percent(self.overall.accuracy)}), and the reward model's favourite loses "
            f"{number(worst.regret)} on average"
        )

    def rows(self) -> tuple[Row, ...]:
        """One row for each family, all of them together first."""
        return plain_rows((self.overall, *self.families))


def reward_mirror(pairs: JudgedPairs, truth: str = VOTES, seed: int = 0) -> Mirror:
    """Hold the rewards of judged pairs, and of all replies to their prompts, against the true worth.

    ``truth`` names where the true worth comes from, with its version: it is a stated rubric, not the truth itself.
    """
    import numpy as np

    everything = np.ones(len(pairs.prompt), dtype=bool)
    overall = _family(OVERALL, pairs, everything, pairs.source)
    families = tuple(
        _family(name, pairs, pairs.of_family(name), [c for c in pairs.source if c.family == name])
        for name in pairs.families
    )
    counts, edges = np.histogram(pairs.margin, HISTOGRAM_BINS) if len(pairs.margin) else (np.zeros(0), np.zeros(0))
    return Mirror(
        truth=truth,
        overall=overall,
        families=families,
        disagreements=_disagreements(pairs),
        margins=(tuple(edges.tolist()), tuple(int(n) for n in counts)),
        points=_points(pairs.source, seed),
        warnings=tuple(_warnings(truth, overall, families)),
    )


def _family(name: str, pairs: JudgedPairs, chosen: NDArray[np.bool_], source: Iterable[Candidates]) -> FamilyMirror:
    import numpy as np

    own = list(source)
    several = [c for c in own if len(c.replies) > 2]
    taus = [t for c in several if (t := kendall_tau(c.truth, c.proxy)) is not None]
    distances = [d for c in several if (d := pearson_distance(c.truth, c.proxy)) is not None]
    right = clustered_mean(pairs.by_prompt(pairs.right, chosen)) if chosen.any() else None
    longer = float(((np.sign(pairs.longer[chosen]) + 1) / 2).mean()) if chosen.any() else None
    return FamilyMirror(
        family=name,
        prompts=len(own),
        pairs=int(chosen.sum()),
        accuracy=None if right is None else right.mean,
        interval=Interval(0, 1) if right is None else Interval(max(0, right.interval.low), min(1, right.interval.high)),
        always_longer=longer,
        always_shorter=None if longer is None else 1 - longer,
        tau=float(np.mean(taus)) if taus else None,
        regret=float(np.mean([regret(c.truth, c.proxy) for c in own])) if own else 0.0,
        distance=float(np.mean(distances)) if distances else None,
        length_correlation=_through_origin(pairs.margin[chosen], pairs.longer[chosen]),
    )


def _through_origin(margin: NDArray[np.float64], longer: NDArray[np.float64]) -> float | None:
    """Correlation over both orders of each pair, so that it does not matter which reply stands first."""
    import numpy as np

    return correlation(np.concatenate([margin, -margin]), np.concatenate([longer, -longer]))


def _disagreements(pairs: JudgedPairs) -> tuple[ConfidentDisagreement, ...]:
    import numpy as np

    found = []
    for at in np.argsort(pairs.margin, kind="stable")[:LISTED].tolist():
        if pairs.margin[at] < 0:
            one = pairs.source[int(pairs.prompt[at])]
            preferred, better = one.replies[int(pairs.second[at])], one.replies[int(pairs.first[at])]
            margin, gap = -float(pairs.margin[at]), float(pairs.gap[at])
            found.append(ConfidentDisagreement(one.family, one.prompt, preferred, better, margin, gap))
    return tuple(found)


def _points(source: tuple[Candidates, ...], seed: int) -> tuple[tuple[str, float, float], ...]:
    from random import Random

    every = [
        (c.family, float(worth), float(paid))
        for c in source
        for worth, paid in zip(c.centred_truth, c.centred.mean(axis=1), strict=True)
    ]
    return tuple(every if len(every) <= POINTS else Random(seed).sample(every, POINTS))


def _warnings(truth: str, overall: FamilyMirror, families: Iterable[FamilyMirror]) -> Iterable[str]:
    if truth == VOTES and overall.accuracy is not None and overall.accuracy >= LEAKS_FROM and overall.pairs >= 50:
        yield (
            f"{percent(overall.accuracy)} of the votes foretold: people agree less than that with themselves; "
            "were these pairs trained on?"
        )
    blind = [f.family for f in families if f.accuracy is not None and not f.beats_length]
    if blind:
        yield f"not shown to be better than judging by length alone: {', '.join(blind)}"
