"""t-way coverage: which combinations of t levels occurred together, of those that could."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

Together = tuple[str, ...]
"""Levels that occur together, sorted."""


@dataclass(frozen=True)
class Coverage:
    """How many of the feasible combinations of ``strength`` levels were covered, and which were not, sorted."""

    strength: int
    covered: int
    feasible: int
    missing: tuple[Together, ...]

    @property
    def share(self) -> float:
        """The covered share; 1 where nothing is feasible."""
        return self.covered / self.feasible if self.feasible else 1.0


def together(levels: Iterable[str], strength: int) -> Iterable[Together]:
    """Every combination of ``strength`` distinct levels of one row, each sorted."""
    return combinations(sorted(set(levels)), strength)


def feasible_combinations(
    factors: Mapping[str, Collection[str]],
    strength: int,
    excluded: Callable[[Together], bool] = lambda levels: False,
) -> frozenset[Together]:
    """Every combination of levels of ``strength`` different factors that ``excluded`` lets pass.

    ``factors`` maps a factor to its levels; a level's name must belong to one factor only, as in "urgency=emergency".
    """
    return frozenset(
        levels
        for chosen in combinations(sorted(factors), strength)
        for levels in (tuple(sorted(row)) for row in product(*(factors[name] for name in chosen)))
        if not excluded(levels)
    )


def coverage(covered: Collection[Together], feasible: Collection[Together], strength: int) -> Coverage:
    """Coverage from the combinations that occurred; those that are not feasible do not count."""
    could, did = set(feasible), set(covered)
    return Coverage(strength, len(could & did), len(could), tuple(sorted(could - did)))
