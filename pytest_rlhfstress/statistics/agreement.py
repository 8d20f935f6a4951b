"""How far raters agree, with votes missing: Krippendorff's alpha, Fleiss' kappa, and the plain share beside them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from pytest_rlhfstress.errors import UserError

Scale = Literal["nominal", "ordinal", "interval", "ratio"]
Value = TypeVar("Value", bound=Hashable)
Pattern = tuple[tuple[Value, int], ...]
"""How the votes on one item fell: every value voted for, in order, and how many votes it got."""


def pattern(votes: Iterable[Value | None]) -> Pattern[Value]:
    """The votes on one item, None for a missing one, as a pattern. Raises UserError for NaN or infinite votes."""
    fallen = Counter(vote for vote in votes if vote is not None)
    for value in fallen:
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(f"a vote of {value} says nothing; leave a missing vote out, or write None")
    return tuple(sorted(fallen.items(), key=lambda pair: _order(pair[0])))


def _order(value: Hashable) -> tuple[str, float, str]:
    if isinstance(value, int | float):
        return "", float(value), ""
    return type(value).__name__, 0.0, str(value)


def patterns(items: Iterable[Iterable[Value | None]]) -> Counter[Pattern[Value]]:
    """How many items show each pattern: all that alpha, kappa and agreement need, and it adds up over parts."""
    return Counter(pattern(votes) for votes in items)


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha, 1 - observed/expected disagreement, and what it rests on.

    ``value`` is None where it is undefined: no item with two votes, or every vote the same (nothing to
    disagree about). ``items`` had two votes or more, ``dropped`` had fewer and do not count.
    """

    value: float | None
    observed: float
    expected: float
    items: int
    dropped: int


def krippendorff_alpha(shown: Mapping[Pattern[Value], int], scale: Scale = "nominal") -> Alpha:
    """Alpha from patterns (see ``patterns``), items of m votes weighing each pair 1/(m-1).

    Krippendorff, Content Analysis (2004), chapter 11. Raises UserError where a scale other than nominal is
    asked for values that are no numbers.
    """
    import numpy as np

    usable = {p: n for p, n in shown.items() if _votes(p) >= 2}
    items, dropped = sum(usable.values()), sum(shown.values()) - sum(usable.values())
    values = sorted({value for p in usable for value, _ in p}, key=_order)
    if not values:
        return Alpha(None, 0.0, 0.0, 0, dropped)
    place = {value: at for at, value in enumerate(values)}
    together = np.zeros((len(values), len(values)))
    for p, n in usable.items():
        weight = n / (_votes(p) - 1)
        for a, count_a in p:
            for b, count_b in p:
                together[place[a], place[b]] += weight * count_a * (count_b - (a == b))
    totals = together.sum(axis=1)
    distance = _distances(values, totals.tolist(), scale)
    votes = float(totals.sum())
    observed = float((together * distance).sum() / votes)
    expected = float((np.outer(totals, totals) * distance).sum() / (votes * (votes - 1)))
    return Alpha(None if expected == 0 else 1 - observed / expected, observed, expected, items, dropped)


def _distances(values: Sequence[Hashable], totals: Sequence[float], scale: Scale) -> list[list[float]]:
    if scale == "nominal":
        return [[float(a != b) for b in values] for a in values]
    numbers = [float(v) for v in values if isinstance(v, int | float)]
    if len(numbers) < len(values):
        words = [v for v in values if not isinstance(v, int | float)]
        raise UserError(f"alpha on the {scale} scale needs numbers for votes, got {words[0]!r}; use the nominal scale")
    if scale == "ordinal":
        upto = [0.0]
        for total in totals:
            upto.append(upto[-1] + total)
        middle = [upto[at] + total / 2 for at, total in enumerate(totals)]
        return [[(a - b) ** 2 for b in middle] for a in middle]
    if scale == "interval":
        return [[(a - b) ** 2 for b in numbers] for a in numbers]
    if min(numbers) < 0:
        raise UserError("alpha on the ratio scale needs votes from 0 upwards")
    return [[((a - b) / (a + b)) ** 2 if a != b else 0.0 for b in numbers] for a in numbers]


def raw_agreement(shown: Mapping[Pattern[Value], int]) -> float | None:
    """The mean share of agreeing pairs of votes over items with two votes or more; None without such items."""
    usable = {p: n for p, n in shown.items() if _votes(p) >= 2}
    items = sum(usable.values())
    return sum(n * (1 - pair_disagreement(p)) for p, n in usable.items()) / items if items else None


def fleiss_kappa(shown: Mapping[Pattern[Value], int]) -> float | None:
    """Fleiss' kappa (1971); None where every vote is the same.

    Raises UserError unless every item has the same number of votes, two or more. It collapses where one
    value prevails: read it beside ``raw_agreement``.
    """
    sizes = {_votes(p) for p in shown}
    if len(sizes) != 1 or min(sizes) < 2:
        raise UserError(
            f"Fleiss' kappa needs the same number of votes on every item, at least 2, got {sorted(sizes)}; "
            "Krippendorff's alpha does not"
        )
    totals: Counter[Value] = Counter()
    for p, n in shown.items():
        for value, votes in p:
            totals[value] += n * votes
    every = sum(totals.values())
    chance = sum((total / every) ** 2 for total in totals.values())
    agreed = raw_agreement(shown)
    return None if chance == 1 or agreed is None else (agreed - chance) / (1 - chance)


def pair_disagreement(p: Pattern[Value]) -> float:
    """The chance that two different raters of the item disagree: 1 - sum n_c(n_c-1)/(n(n-1)), unbiased; 0 below 2."""
    n = _votes(p)
    return 1 - sum(votes * (votes - 1) for _, votes in p) / (n * (n - 1)) if n >= 2 else 0.0


def vote_entropy(p: Pattern[Value]) -> float:
    """Entropy of the item's votes in nats; biased low with few votes (see ``miller_madow``)."""
    n = _votes(p)
    return -sum(votes / n * math.log(votes / n) for _, votes in p) if n else 0.0


def miller_madow(p: Pattern[Value]) -> float:
    """Vote entropy plus (values seen - 1)/(2 votes): the first-order correction (Miller, 1955)."""
    n = _votes(p)
    return vote_entropy(p) + (len(p) - 1) / (2 * n) if n else 0.0


def dawid_skene_posterior(accuracies: Sequence[float], votes: Sequence[int], prior: float = 0.5) -> float:
    """The chance that the truth is 1, from 0/1 votes of raters with known accuracies (Dawid and Skene, 1979).

    Raises UserError unless each vote is 0 or 1 and each accuracy and the prior lie strictly between 0 and 1.
    """
    if len(accuracies) != len(votes):
        raise UserError(f"{len(votes)} votes need as many accuracies, got {len(accuracies)}")
    if not all(0 < p < 1 for p in (*accuracies, prior)):
        raise UserError("accuracies and prior lie strictly between 0 and 1")
    if not set(votes) <= {0, 1}:
        raise UserError(f"votes are 0 or 1, got {sorted(set(votes))}")
    odds = prior / (1 - prior)
    for accuracy, vote in zip(accuracies, votes, strict=True):
        odds *= (accuracy / (1 - accuracy)) ** (1 if vote else -1)
    return odds / (1 + odds)


def _votes(p: Pattern[Value]) -> int:
    return sum(votes for _, votes in p)
