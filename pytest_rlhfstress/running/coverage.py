"""How much of a vocabulary's combinations a spec's cases held, counted on the cases, and the claim that allows."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import PairsCovered

if TYPE_CHECKING:
    from pytest_rlhfstress.stress_route import Wanted

WORDS = {2: "pair", 3: "triple"}


def coverage_of(request: Wanted, strength: int, occurred: Set[frozenset[str]]) -> PairsCovered:
    """The sets of ``strength`` ingredients that ``occurred`` in judged cases, of all that can stand together."""
    from pytest_rlhfstress.stress_route.covering import grid_of

    feasible = grid_of(request).tuples(strength)
    return PairsCovered(strength, len(feasible & occurred), len(feasible))


def claim(coverage: PairsCovered) -> str:
    """What may be said of a spec that held in all of them."""
    word = WORDS[coverage.strength]
    if not coverage.feasible:
        return f"its cases have no {word} of ingredients"
    if coverage.covered == coverage.feasible:
        return f"each of the {coverage.feasible} {word}s of its ingredients occurred"
    return f"{coverage.covered} of the {coverage.feasible} {word}s of its ingredients occurred"
