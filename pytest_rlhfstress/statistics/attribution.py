"""Which part earned how much: Shapley values, prefix increments and leave-one-out of a value on sets of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from math import factorial
from random import Random

EXACT_UP_TO = 10
Parts = tuple[int, ...]
"""Which parts are kept, by position, in order."""

Value = Callable[[Sequence[Parts]], Sequence[float]]
"""The worth of each of several sets of kept parts, asked for together."""


def shapley(parts: int, value: Value, seed: int = 0, orders: int = 200) -> list[float]:
    """The mean gain of each part over all orders of adding it (Shapley, 1953); sums to v(all) - v(none).

    Exact up to 10 parts (2^parts values), else from ``orders`` random orders and their reverses.
    """
    return _exact(parts, value) if parts <= EXACT_UP_TO else _sampled(parts, value, seed, orders)


def _exact(parts: int, value: Value) -> list[float]:
    sets = [kept for size in range(parts + 1) for kept in combinations(range(parts), size)]
    worth = dict(zip(sets, value(sets), strict=True))
    found = [0.0] * parts
    for kept in sets:
        weight = factorial(len(kept)) * factorial(parts - len(kept) - 1) / factorial(parts) if len(kept) < parts else 0
        for part in set(range(parts)) - set(kept):
            found[part] += weight * (worth[tuple(sorted((*kept, part)))] - worth[kept])
    return found


def _sampled(parts: int, value: Value, seed: int, orders: int) -> list[float]:
    random = Random(seed)
    drawn = []
    for _ in range(max(1, orders // 2)):
        order = random.sample(range(parts), parts)
        drawn += [order, order[::-1]]
    chains = [[tuple(sorted(order[:n])) for n in range(parts + 1)] for order in drawn]
    sets = sorted({kept for chain in chains for kept in chain})
    worth = dict(zip(sets, value(sets), strict=True))
    found = [0.0] * parts
    for order, chain in zip(drawn, chains, strict=True):
        for at, part in enumerate(order):
            found[part] += (worth[chain[at + 1]] - worth[chain[at]]) / len(drawn)
    return found


def prefix_increments(parts: int, value: Value) -> list[float]:
    """What each part adds to the parts before it; they add up to v(all) - v(none)."""
    worth = value([tuple(range(n)) for n in range(parts + 1)])
    return [after - before for before, after in pairwise(worth)]


def leave_one_out(parts: int, value: Value) -> list[float]:
    """What is lost when only that part is taken out of the whole."""
    whole = tuple(range(parts))
    worth = value([whole, *(tuple(p for p in whole if p != out) for out in whole)])
    return [worth[0] - without for without in worth[1:]]
