"""The clinic's preference data in the shape everybody's has: pairs with every vote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from pytest_rlhfstress.clinic.panel import PANEL
from pytest_rlhfstress.clinic.replies import candidates
from pytest_rlhfstress.clinic.training import Comparisons, Trained
from pytest_rlhfstress.conversation import Message
from pytest_rlhfstress.preferences import PreferencePair, Vote


class ClinicVotes:
    """Every pair the clinic learned from, made when first gone through: many a run never asks for them.

    ``chosen`` is the reply most of a pair's three raters voted for.
    """

    def __init__(self, name: str, trained: Callable[[], Trained]) -> None:
        self.name = name
        self._trained = trained

    @cached_property
    def held(self) -> tuple[PreferencePair, ...]:
        """The voted pairs of the recipe, then those it learned from besides."""
        trained = self._trained()
        return (*_pairs(trained.comparisons), *trained.further)

    def pairs(self) -> Iterator[PreferencePair]:
        """Every pair, in order."""
        return iter(self.held)


def _pairs(comparisons: Comparisons) -> Iterator[PreferencePair]:
    texts = [candidate.text() for candidate in candidates()]
    for at, prompt in enumerate(comparisons.prompts):
        asked = (Message("user", prompt.text),)
        compared = zip(comparisons.pairs[at], comparisons.raters[at], comparisons.first[at], strict=True)
        for number, (pair, raters, first) in enumerate(compared):
            won, lost = pair if first.sum() * 2 > len(first) else pair[::-1]
            votes = _votes(raters, first == (won == pair[0]))
            yield PreferencePair(asked, texts[won], texts[lost], votes, item=f"{at}.{number}")


def _votes(raters: np.ndarray, agrees: np.ndarray) -> tuple[Vote, ...]:
    return tuple(
        Vote(PANEL[rater].name, "chosen" if yes else "rejected") for rater, yes in zip(raters, agrees, strict=True)
    )
