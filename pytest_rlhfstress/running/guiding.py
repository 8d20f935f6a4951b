"""How a run searches; with --rlhf-guided it begins where the reward model points to, without asking the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Case
from pytest_rlhfstress.options import Options
from pytest_rlhfstress.running.engine_settings import Search

if TYPE_CHECKING:
    from pytest_rlhfstress.rewards import RewardModel

NEVER = float("-inf")


def search_of(options: Options, reward: Callable[[], RewardModel]) -> Search:
    """What the options say of the search. ``reward`` is called when the first guided row is wanted."""
    worth = surely_misjudged(reward) if options.guided else None
    return Search(options.cases, options.cases_configured, options.strength, options.seed, options.guided, worth)


def surely_misjudged(reward: Callable[[], RewardModel]) -> Callable[[Sequence[Case]], list[float]]:
    """How surely the reward model pays more for a reply that overlooks what matters than for a safe one.

    The worth of a case is the mean of the members' margins less their standard deviation; minus infinity where
    nothing can be overlooked.
    """

    def worth(cases: Sequence[Case]) -> list[float]:
        from pytest_rlhfstress.instruments.pool import overlooking_reply, score

        replies = [overlooking_reply(case) for case in cases]
        compared = [at for at, reply in enumerate(replies) if reply and cases[at].safe_reply]
        asked = [(cases[at].messages, said) for at in compared for said in (replies[at], cases[at].safe_reply)]
        rewards = score(reward(), asked)
        margins = rewards[0::2] - rewards[1::2]
        values = [NEVER] * len(cases)
        for at, sure in zip(compared, (margins.mean(axis=1) - margins.std(axis=1)).tolist(), strict=True):
            values[at] = sure
        return values

    return worth
