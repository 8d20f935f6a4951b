"""Disagreement bench: where did reviewers disagree, and does the reward model hide it?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.votes import VotedItem
from pytest_rlhfstress.instruments.wording import Row, counted, number, percent, plain_rows
from pytest_rlhfstress.statistics.agreement import (
    Alpha,
    Pattern,
    Scale,
    krippendorff_alpha,
    pair_disagreement,
    pattern,
    raw_agreement,
    vote_entropy,
)

CONTESTED_FROM = 0.5
SURE_FROM = 0.8
LISTED = 50
SMALLEST_SLICE = 20
MOST_REMEMBERED = 100_000
SURENESS_STEPS = 20
CAVEAT = (
    "alpha mixes careless raters with people who honestly want different things, and two or three votes an item "
    "cannot tell them apart; a minority vote for safety is not noise"
)


class Cell(NamedTuple):
    """A family, in what its replies differ, and how the votes on an item fell."""

    family: str
    differs: str
    votes: Pattern[Hashable]


class Sureness(NamedTuple):
    """Items of a family, contested or not, on which the reward model is this sure (from 0.5 in steps of 1/40)."""

    family: str
    contested: bool
    step: int

    @property
    def sure(self) -> bool:
        """Whether the reward model gives its favourite at least 80 %."""
        return 0.5 + self.step / (2 * SURENESS_STEPS) >= SURE_FROM - 1e-9


@dataclass(frozen=True, slots=True)
class ContestedItem:
    """An item on which two of its raters disagree more often than not."""

    item: str
    family: str
    differs: str
    disagreement: float
    votes: tuple[tuple[str, str], ...]
    sure: float | None
    text: str
    replies: tuple[str, ...]


@dataclass(frozen=True)
class Bench:
    """Counts over voted items that add up: a partial result for each part of the data, merged in any order.

    Memory grows with the different ways votes fall and with pairs of raters, not with items. ``listed`` keeps the 50
    most telling contested items: those the reward model is surest of, then the most contested.
    """

    cells: Mapping[Cell, int] = field(default_factory=dict)
    met: Mapping[tuple[str, str], int] = field(default_factory=dict)
    agreed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    sureness: Mapping[Sureness, int] = field(default_factory=dict)
    listed: tuple[ContestedItem, ...] = ()

    @classmethod
    def of(cls, items: Iterable[VotedItem]) -> Bench:
        """Count items, going through them once. Raises UserError for a vote or a sureness that is not finite."""
        cells: Counter[Cell] = Counter()
        met: Counter[tuple[str, str]] = Counter()
        agreed: Counter[tuple[str, str]] = Counter()
        sureness: Counter[Sureness] = Counter()
        listed: list[ContestedItem] = []
        known: dict[tuple[Hashable, ...], tuple[Pattern[Hashable], bool]] = {}
        for item in items:
            values = tuple(value for _, value in item.votes)
            if values not in known:
                if len(known) >= MOST_REMEMBERED:
                    known.clear()
                fallen = pattern(values)
                known[values] = fallen, pair_disagreement(fallen) >= CONTESTED_FROM
            fallen, contested = known[values]
            cells[Cell(item.family, item.differs, fallen)] += 1
            named = sorted(((r, v) for r, v in item.votes if r and v is not None), key=lambda vote: vote[0])
            for (one, first), (other, second) in combinations(named, 2):
                if one != other:
                    met[one, other] += 1
                    agreed[one, other] += first == second
            if item.sure is not None:
                sureness[Sureness(item.family, contested, _step(item))] += 1
            if contested:
                listed.append(_contested(item, fallen))
                if len(listed) >= 4 * LISTED:
                    listed = _most_telling(listed)
        return cls(dict(cells), dict(met), dict(agreed), dict(sureness), tuple(_most_telling(listed)))

    def merge(self, other: Bench) -> Bench:
        """The bench of both parts: the same whatever the order and the grouping."""
        return Bench(
            dict(Counter(self.cells) + Counter(other.cells)),
            dict(Counter(self.met) + Counter(other.met)),
            _added(self.agreed, other.agreed),
            dict(Counter(self.sureness) + Counter(other.sureness)),
            tuple(_most_telling([*self.listed, *other.listed])),
        )

    def report(self, scale: Scale = "nominal") -> BenchReport:
        """Agreement as a whole, by family, and by family and in what the replies differ.

        Raises UserError where ``scale`` needs numbers and the votes are none.
        """
        slices: dict[tuple[str, str], Counter[Pattern[Hashable]]] = {}
        for cell, n in self.cells.items():
            for at in {("", ""), (cell.family, ""), (cell.family, cell.differs), ("", cell.differs)}:
                slices.setdefault(at, Counter())[cell.votes] += n
        found = {at: _agreement(*at, shown, scale) for at, shown in sorted(slices.items())}
        return BenchReport(
            scale=scale,
            overall=found.pop(("", ""), _agreement("", "", Counter(), scale)),
            slices=tuple(found.values()),
            raters=tuple(
                RaterPair(one, other, n, self.agreed.get((one, other), 0) / n)
                for (one, other), n in sorted(self.met.items())
            ),
            contested=self.listed,
            asked_reward=sum(self.sureness.values()),
            hidden={
                family: sum(n for s, n in self.sureness.items() if s.family == family and s.contested and s.sure)
                for family in sorted({s.family for s in self.sureness})
            },
        )


def _added(first: Mapping[tuple[str, str], int], second: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {at: first.get(at, 0) + second.get(at, 0) for at in {*first, *second}}


def _step(item: VotedItem) -> int:
    sure = item.sure
    if sure is None or not math.isfinite(sure) or not 0.5 <= sure <= 1:
        raise UserError(f"item {item.item!r}: how sure the reward model is lies between 0.5 and 1, got {sure!r}")
    return min(SURENESS_STEPS - 1, int((sure - 0.5) * 2 * SURENESS_STEPS + 1e-9))


def _contested(item: VotedItem, fallen: Pattern[Hashable]) -> ContestedItem:
    votes = tuple(sorted((rater, str(value)) for rater, value in item.votes if value is not None))
    return ContestedItem(
        item.item, item.family, item.differs, pair_disagreement(fallen), votes, item.sure, item.text, item.replies
    )


def _most_telling(items: list[ContestedItem]) -> list[ContestedItem]:
    def telling(one: ContestedItem) -> tuple[object, ...]:
        return (-(one.sure or 0.0), -one.disagreement, one.family, one.item, one.text, one.replies, one.votes)

    return sorted(items, key=telling)[:LISTED]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement within a slice. ``raw`` is the share of agreeing pairs of votes; ``contested`` counts items.

    ``alpha`` and ``raw`` are None where undefined. ``entropy`` is the mean vote entropy in nats, biased low.
    """

    family: str
    differs: str
    items: int
    alpha: float | None
    raw: float | None
    dropped: int
    contested: int
    entropy: float


def _agreement(family: str, differs: str, shown: Mapping[Pattern[Hashable], int], scale: Scale) -> Agreement:
    found: Alpha = krippendorff_alpha(shown, scale)
    every = sum(shown.values())
    return Agreement(
        family=family,
        differs=differs,
        items=every,
        alpha=found.value,
        raw=raw_agreement(shown),
        dropped=found.dropped,
        contested=sum(n for p, n in shown.items() if pair_disagreement(p) >= CONTESTED_FROM),
        entropy=sum(n * vote_entropy(p) for p, n in shown.items()) / every if every else 0.0,
    )


@dataclass(frozen=True, slots=True)
class RaterPair:
    """Two raters: on how many items both voted, and the share on which they agreed."""

    first: str
    second: str
    items: int
    agreed: float


@dataclass(frozen=True)
class BenchReport:
    """How far reviewers agree. ``slices`` are by family, by difference, and by both; "" stands for all.

    ``hidden`` counts, by family, the contested items on which the reward model is at least 80 % sure.
    """

    scale: Scale
    overall: Agreement
    slices: tuple[Agreement, ...]
    raters: tuple[RaterPair, ...]
    contested: tuple[ContestedItem, ...]
    asked_reward: int
    hidden: Mapping[str, int]
    caveat: str = CAVEAT

    def agreement(self, family: str, differs: str = "") -> Agreement | None:
        """The slice of a family, or of a family and a difference; None where nothing was voted on."""
        return next((s for s in self.slices if (s.family, s.differs) == (family, differs)), None)

    @property
    def sentence(self) -> str:
        """Where reviewers contradict each other most, and whether the reward model shows it."""
        if not self.overall.items:
            return "no item was voted on"
        if self.overall.raw is None:
            return f"no item has two votes ({counted(self.overall.items, 'item')}): agreement cannot be measured"
        worst = self._worst
        where = ", ".join(filter(None, [worst.family, worst.differs and f"replies differing in {worst.differs}"]))
        share, items = percent(worst.contested / worst.items), counted(worst.items, "item")
        said = f"{where or 'overall'}: {share} of {items} contested"
        said += f" (raw agreement {percent(worst.raw)}, alpha {number(worst.alpha)})"
        hidden = sum(self.hidden.values())
        if self.asked_reward:
            said += f"; the reward model is {percent(SURE_FROM)} sure or more on {counted(hidden, 'contested item')}"
        return said

    @property
    def _worst(self) -> Agreement:
        large = [s for s in self.slices if s.raw is not None and s.items >= SMALLEST_SLICE and s.family]
        finest = [s for s in large if s.differs] or large
        return min(finest, key=lambda s: (s.raw if s.raw is not None else 1.0, s.family), default=self.overall)

    def rows(self) -> tuple[Row, ...]:
        """One row for each slice, the whole first."""
        return plain_rows((self.overall, *self.slices))
