"""The distinct cases a spec has judged, as counts: what is kept does not grow with their texts."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable
from itertools import combinations
from typing import NamedTuple

from pytest_rlhfstress.asking import Seen
from pytest_rlhfstress.conversation import Ingredient

RECENT = 4096
"""Cases kept whole, from which is guessed what makes others fail."""


class Judged(NamedTuple):
    """What a case was made of, and whether it broke the invariant."""

    ingredients: tuple[Ingredient, ...]
    broken: bool


class JudgedCases:
    """Each is counted when it is first noted, by its key."""

    def __init__(self, strength: int) -> None:
        self._strength = strength
        self._keys = Seen()
        self.tried: Counter[str] = Counter()
        """Cases by family."""
        self.failing: Counter[str] = Counter()
        """Of those, the ones that broke the invariant."""
        self.occurred: set[frozenset[str]] = set()
        """The sets of ``strength`` ingredients that some case held."""
        self.recent: deque[Judged] = deque(maxlen=RECENT)

    def __len__(self) -> int:
        return len(self._keys)

    def note(self, key: Hashable, family: str, judged: Judged) -> bool:
        """Count the case, unless it was noted before; whether it is new."""
        if not self._keys.add(key):
            return False
        self.tried[family] += 1
        self.failing[family] += judged.broken
        self.occurred.update(map(frozenset, combinations(sorted(map(str, judged.ingredients)), self._strength)))
        self.recent.append(judged)
        return True
