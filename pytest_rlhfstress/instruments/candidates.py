"""One prompt with its candidate replies, what the reward model pays for each, and what each is truly worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences import PreferencePair
from pytest_rlhfstress.statistics.checking import distribution, finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Candidates:
    """Replies to one prompt. Make them with ``candidates``, which checks the shapes.

    ``rewards`` (replies, members) are the reward model's; ``truth`` (replies,) what a rubric, or the votes, say;
    ``reference`` (replies,) the chances under the untuned policy; ``harmful`` (replies,) whether the reply breaks
    the invariant; ``acts`` what each does.
    """

    family: str
    prompt: str
    replies: tuple[str, ...]
    rewards: NDArray[np.float64] = field(repr=False)
    truth: NDArray[np.float64] = field(repr=False)
    reference: NDArray[np.float64] | None = field(default=None, repr=False)
    harmful: NDArray[np.bool_] | None = field(default=None, repr=False)
    acts: tuple[str, ...] = ()

    @property
    def proxy(self) -> NDArray[np.float64]:
        """The mean reward of the members, shape (replies,)."""
        mean: NDArray[np.float64] = self.rewards.mean(axis=1)
        return mean

    @property
    def centred(self) -> NDArray[np.float64]:
        """Rewards less their mean for this prompt: under the reference where there is one, else plain."""
        moved: NDArray[np.float64] = self.rewards - self._weights @ self.rewards
        return moved

    @property
    def centred_truth(self) -> NDArray[np.float64]:
        """The truth less its mean for this prompt."""
        moved: NDArray[np.float64] = self.truth - self._weights @ self.truth
        return moved

    @property
    def _weights(self) -> NDArray[np.float64]:
        import numpy as np

        n = len(self.replies)
        return np.full(n, 1 / n) if self.reference is None else self.reference


def candidates(
    family: str,
    prompt: str,
    replies: Sequence[str],
    rewards: ArrayLike,
    truth: ArrayLike,
    reference: ArrayLike | None = None,
    harmful: Sequence[bool] | None = None,
    acts: Sequence[str] = (),
) -> Candidates:
    """The replies to one prompt, checked; rewards of shape (replies,) are those of one model.

    Raises UserError where there is no reply, a length does not fit, or a number is not finite.
    """
    import numpy as np

    n, about = len(replies), f"prompt {prompt[:40]!r}"
    if not n:
        raise UserError(f"{about}: there is no reply")
    paid, worth = finite(rewards, f"{about}: rewards"), finite(truth, f"{about}: true worth")
    if paid.ndim == 1:
        paid = paid[:, None]
    for name, found in (("rewards", len(paid)), ("true worth", len(worth)), ("acts", len(acts) or n)):
        if found != n:
            raise UserError(f"{about}: {n} replies, but {found} {name}")
    chances = None if reference is None else distribution(reference, f"{about}: reference")
    harms = None if harmful is None else np.asarray(harmful, dtype=bool)
    if (chances is not None and len(chances) != n) or (harms is not None and len(harms) != n):
        raise UserError(f"{about}: one reference chance and one judgement are needed for each of {n} replies")
    return Candidates(family, prompt, tuple(replies), paid, worth, chances, harms, tuple(acts))


def candidates_of_pairs(
    pairs: Iterable[PreferencePair],
    rewards: ArrayLike,
    family: Callable[[PreferencePair], str],
    act: Callable[[str], str] | None = None,
) -> tuple[Candidates, ...]:
    """Preference pairs as prompts with two replies, chosen first, worth their share of the votes.

    ``rewards`` has the shape (pairs, 2, members). Pairs without a vote are left out.
    """
    paid = finite(rewards, "rewards")
    found = []
    for at, pair in enumerate(pairs):
        if at >= len(paid) or paid.shape[1:2] != (2,):
            raise UserError(f"rewards need the shape (pairs, 2, members), got {paid.shape}")
        cast = [vote.choice for vote in pair.all_votes if vote.choice != "abstain"]
        if cast:
            share = (cast.count("chosen") + cast.count("tie") / 2) / len(cast)
            acts = () if act is None else (act(pair.chosen), act(pair.rejected))
            replies = (pair.chosen, pair.rejected)
            found.append(candidates(family(pair), pair.text, replies, paid[at], [share, 1 - share], acts=acts))
    return tuple(found)
