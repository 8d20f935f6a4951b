"""Rows that climb towards cases worth asking, by a worth that is known without asking the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random

from pytest_rlhfstress.conversation import Case, Ingredient
from pytest_rlhfstress.stress_route.composing import SuiteComposer
from pytest_rlhfstress.stress_route.covering import Row
from pytest_rlhfstress.stress_route.wanted import Slot, Wanted
from pytest_rlhfstress.suites import MATTERS

Worth = Callable[[Sequence[Case]], Sequence[float]]
"""How much each case is worth asking; minus infinity for one that cannot be told."""

POPULATION = 60
ROUNDS = 11
PARENTS = 15
PER_MATTER = 2
"""Rows kept of one matter with the same kinds of things beside it, so that the best rows are not all one case."""


def climbing_rows(request: Wanted, worth: Worth, count: int, seed: int) -> list[Row]:
    """At most ``count`` rows, the most worth asking first: an evolution from rows drawn at random.

    In each round two of the best rows at a time are crossed, slot by slot, and one slot of what comes of it is
    filled, emptied or filled otherwise. About ``POPULATION * (1 + ROUNDS)`` cases are composed and valued.
    """
    random = Random(seed)
    composer = SuiteComposer(request.suite, request.locale)
    found: dict[str, tuple[float, Row]] = {}
    rows = [_drawn(request.slots, random) for _ in range(POPULATION)]
    for _ in range(ROUNDS + 1):
        composed = {row: composer.compose(tuple(i for i in row if i is not None)) for row in rows if any(row)}
        values = worth(list(composed.values()))
        for (row, case), value in zip(composed.items(), values, strict=True):
            if value > float("-inf") and value > found.get(case.text, (float("-inf"), row))[0]:
                found[case.text] = (value, row)
        best = _best(found.values(), PARENTS)
        rows = [_child(best, request.slots, random) for _ in range(POPULATION)] if best else []
    return _best(found.values(), count)


def _drawn(slots: Sequence[Slot], random: Random) -> Row:
    return tuple(random.choice(slot.options) if random.randrange(4) < max(slot.quarters, 1) else None for slot in slots)


def _child(best: Sequence[Row], slots: Sequence[Slot], random: Random) -> Row:
    pairs = zip(random.choice(best), random.choice(best), strict=True)
    return _changed(tuple(random.choice(pair) for pair in pairs), slots, random)


def _changed(row: Row, slots: Sequence[Slot], random: Random) -> Row:
    at = random.randrange(len(slots))
    empty = row[at] is not None and not slots[at].required and random.random() < 0.5
    content: Ingredient | None = None if empty else random.choice(slots[at].options)
    return (*row[:at], content, *row[at + 1 :])


def _best(valued: Iterable[tuple[float, Row]], count: int) -> list[Row]:
    """The rows of the greatest worth, few of a kind; equal worth goes to the shorter case."""
    kept: list[Row] = []
    kinds: Counter[tuple[str, ...]] = Counter()
    for _, row in sorted(valued, key=lambda one: (-one[0], sum(i is not None for i in one[1]))):
        kind = _kind(row)
        if kinds[kind] < PER_MATTER:
            kinds[kind] += 1
            kept.append(row)
            if len(kept) == count:
                break
    return kept


def _kind(row: Row) -> tuple[str, ...]:
    """What a row is about: its matters by name, everything beside them by category."""
    return tuple(sorted(str(i) if i.category in MATTERS else i.category for i in row if i is not None))
