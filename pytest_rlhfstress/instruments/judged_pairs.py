"""Pairs of replies to one prompt as arrays: what the reward model says of each and which is truly better."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.candidates import Candidates

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_PAIRS = 60
Pair = tuple[int, int, int]
"""A prompt's index and the indices of two of its replies."""


@dataclass(frozen=True)
class JudgedPairs:
    """Pairs (n) that the truth tells apart, each turned so that the first reply is the truly better one.

    ``margins`` (n, members) are rewards of the first less those of the second, ``gap`` (n,) the truth's, ``longer``
    (n,) the characters of the first less those of the second; ``prompt`` (n,) is an index into ``source``, ``first``
    and ``second`` (n,) into its replies.
    """

    source: tuple[Candidates, ...]
    prompt: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    margins: NDArray[np.float64]
    gap: NDArray[np.float64]
    longer: NDArray[np.float64]

    @property
    def margin(self) -> NDArray[np.float64]:
        """The margin of the members' mean reward, shape (n,)."""
        mean: NDArray[np.float64] = self.margins.mean(axis=1)
        return mean

    @property
    def right(self) -> NDArray[np.float64]:
        """1 where the reward model prefers the better reply, 0 where the worse, 1/2 where it pays both alike."""
        import numpy as np

        found: NDArray[np.float64] = (np.sign(self.margin) + 1) / 2
        return found

    @property
    def families(self) -> tuple[str, ...]:
        """The families of the prompts, sorted."""
        return tuple(sorted({c.family for c in self.source}))

    def of_family(self, family: str) -> NDArray[np.bool_]:
        """Which pairs belong to a family, shape (n,)."""
        import numpy as np

        inside = np.array([c.family == family for c in self.source], dtype=bool)
        return inside[self.prompt]

    def by_prompt(self, values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> list[list[float]]:
        """``values`` of the chosen pairs, gathered by prompt: the clusters their mean is taken over."""
        gathered: dict[int, list[float]] = {}
        for prompt, value in zip(self.prompt[chosen].tolist(), values[chosen].tolist(), strict=True):
            gathered.setdefault(prompt, []).append(value)
        return list(gathered.values())


def judged_pairs(source: Iterable[Candidates], seed: int = 0, most: int = MOST_PAIRS) -> JudgedPairs:
    """All pairs of each prompt that the truth tells apart, at most ``most`` of a prompt, drawn at random beyond."""
    import numpy as np

    kept = tuple(source)
    random = np.random.default_rng(seed)
    chosen: list[Pair] = []
    for at, one in enumerate(kept):
        a, b = np.triu_indices(len(one.replies), 1)
        told = np.flatnonzero(one.truth[a] != one.truth[b])
        if told.size > most:
            told = np.sort(random.choice(told, most, replace=False))
        chosen += [(at, int(a[i]), int(b[i])) for i in told]
    return _turned(kept, chosen)


def proposed_pairs(source: Iterable[Candidates], seed: int = 0, per_prompt: int = 6) -> JudgedPairs:
    """Pairs as they are put before reviewers: what the model says itself, against itself or, half the time, anything.

    The first reply is drawn from the reference, the second from it or evenly; pairs that the truth does not tell
    apart are left out. Raises UserError for a prompt without a reference.
    """
    import numpy as np

    kept = tuple(source)
    random = np.random.default_rng(seed)
    chosen: list[Pair] = []
    for at, one in enumerate(kept):
        if one.reference is None:
            raise UserError(f"prompt {one.prompt[:40]!r} has no reference chances; use judged_pairs instead")
        n = len(one.replies)
        first = random.choice(n, per_prompt, p=one.reference)
        evenly = random.random(per_prompt) < 0.5
        second = np.where(evenly, random.integers(0, n, per_prompt), random.choice(n, per_prompt, p=one.reference))
        chosen += [(at, int(a), int(b)) for a, b in zip(first, second, strict=True) if one.truth[a] != one.truth[b]]
    return _turned(kept, chosen)


def _turned(source: tuple[Candidates, ...], chosen: Sequence[Pair]) -> JudgedPairs:
    """The pairs with the truly better reply first."""
    import numpy as np

    members = {c.rewards.shape[1] for c in source}
    if len(members) > 1:
        raise UserError(f"every prompt needs rewards of the same members, got {sorted(members)} of them")
    rows = [(p, a, b) if source[p].truth[a] > source[p].truth[b] else (p, b, a) for p, a, b in chosen]
    found = [(source[p], a, b) for p, a, b in rows]
    width = members.pop() if members else 1
    places = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return JudgedPairs(
        source=source,
        prompt=places[:, 0],
        first=places[:, 1],
        second=places[:, 2],
        margins=np.array([c.rewards[a] - c.rewards[b] for c, a, b in found]).reshape(-1, width),
        gap=np.array([c.truth[a] - c.truth[b] for c, a, b in found], dtype=float),
        longer=np.array([len(c.replies[a]) - len(c.replies[b]) for c, a, b in found], dtype=float),
    )
