"""What a rehearsal expects of cases whose replies are not known yet, guessed from the cases judged so far."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from pytest_rlhfstress.conversation import Case, Ingredient
from pytest_rlhfstress.dialogue import Dialogue

LARGEST = 3
"""Ingredients that are taken to cause a failure together, at most."""
LIGHTER = 4.0
"""Each further ingredient makes a cause this many times less likely."""

WORTH = 0.25
"""How likely a chain of guesses must be for its further questions to be asked."""

Features = frozenset[str]


class AllHold:
    """The search for a first failure: expects that no case fails, which is right until one does."""

    is_worth_asking = True

    def error(self, case: Case | Dialogue) -> None:
        """None."""


class FailAlike:
    """The shrinking of a failing case: what resembles the failing cases is expected to fail as they did."""

    def __init__(self, error: BaseException, judged: Iterable[tuple[tuple[Ingredient, ...], bool]]) -> None:
        self._error = error
        self._frames = error.__traceback__
        self._guess = Guess(judged)

    @property
    def is_worth_asking(self) -> bool:
        """Whether the guesses so far are likely to be right together."""
        return self._guess.confidence >= WORTH

    def error(self, case: Case | Dialogue) -> BaseException | None:
        """The error seen before, raised where it was raised, or None."""
        return self._error.with_traceback(self._frames) if self._guess.breaks(case) else None


class Guess:
    """The causes not refuted: up to three ingredients, or categories, that all failing and no passing cases hold."""

    def __init__(self, judged: Iterable[tuple[tuple[Ingredient, ...], bool]]) -> None:
        seen = {(features(ingredients), broken) for ingredients, broken in judged}
        failing = [held for held, broken in seen if broken]
        passing = [held for held, broken in seen if not broken]
        common = sorted(frozenset.intersection(*failing)) if failing else []
        causes = (frozenset(c) for size in range(1, LARGEST + 1) for c in combinations(common, size))
        self._left = {c: LIGHTER ** -len(c) for c in causes if not any(c <= held for held in passing)}
        self._whole = sum(self._left.values())

    @property
    def confidence(self) -> float:
        """How likely it is that everything guessed so far is right, from 0 to 1."""
        return sum(self._left.values()) / self._whole if self._whole else 1.0

    def breaks(self, case: Case | Dialogue) -> bool:
        """Whether it more likely breaks the invariant than not, given that the guesses before were right."""
        held = features(case.ingredients)
        breaking = {cause: weight for cause, weight in self._left.items() if cause <= held}
        breaks = 2 * sum(breaking.values()) > sum(self._left.values())
        self._left = breaking if breaks else {c: w for c, w in self._left.items() if c not in breaking}
        return breaks


def features(ingredients: Iterable[Ingredient]) -> Features:
    """The ingredients by name and by category."""
    return frozenset(name for i in ingredients for name in (str(i), i.category))
