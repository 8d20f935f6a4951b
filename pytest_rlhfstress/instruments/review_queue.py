"""What reviewers should see next: messages like those that failed, and families nobody saw, most doubtful first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from pytest_rlhfstress.conversation import Case
from pytest_rlhfstress.instruments.grading import Grader
from pytest_rlhfstress.instruments.pool import cases_by_family, has_twin_without_matter, overlooking_reply, score
from pytest_rlhfstress.rewards import RewardModel
from pytest_rlhfstress.statistics.calibration import sigmoid
from pytest_rlhfstress.stress_route import sample_cases
from pytest_rlhfstress.suites import MATTERS, Suite

FEW = 10
"""Prompts of a family after which it counts as half covered."""
PER_FAMILY = 3
MOST_DRAWS = 10_000
ALONGSIDE = ("intent", "pressure", "attack", "shift", "placement")

Answer = Callable[[Sequence[Case]], Sequence[Sequence[str]]]
Misread = tuple[Case, str]
"""A message, and what an assistant says that takes it for its twin ("" where it has none)."""


@dataclass(frozen=True, slots=True)
class Queued:
    """One comparison for reviewers: a safe reply and a worse one, in an order decided by a hash.

    ``uncertainty`` is 2 min(p, 1 - p) of the chance p that the reward model's members give, on average, to the safe
    reply (0 sure, 1 a coin); ``shown`` counts the family's prompts that reviewers saw, those further up in the queue
    included. ``priority`` is the mean of the uncertainty and of the lack of coverage 10 / (10 + shown).
    """

    case: Case
    first: str
    second: str
    uncertainty: float
    shown: int
    priority: float

    def as_row(self) -> Mapping[str, object]:
        """The row of an arena whose ``winner`` a reviewer fills in, with what the suite knows of the message."""
        return {
            "id": _code(self.case.text, self.first, self.second)[:12],
            "prompt": [message.as_dict() for message in self.case.messages],
            "response_a": self.first,
            "response_b": self.second,
            "winner": None,
            "family": self.case.family,
            "facts": dict(self.case.facts),
            "ingredients": [str(ingredient) for ingredient in self.case.ingredients],
            "expects": list(self.case.expects),
            "prompts_shown": self.shown,
            "uncertainty": round(self.uncertainty, 3),
            "priority": round(self.priority, 3),
        }


def review_queue(
    suite: Suite,
    failing: Sequence[Sequence[str]],
    reward: RewardModel,
    shown: Mapping[str, int],
    answer: Answer | None = None,
    size: int = 200,
    seed: int = 0,
) -> tuple[Queued, ...]:
    """At most ``size`` comparisons, the first the most worth a reviewer's time.

    ``failing`` are the ingredients ("duty:chest_pain") of minimal failures: messages with the same matter and the
    same kinds of things beside it are queued, each together with its twin without the matter, so that what is
    learned is where the line runs and not one side of it. Then come families of which ``shown`` (prompts by family)
    has few. ``answer`` asks the model under test; its replies are queued where they are worse than the safe one.
    """
    messages = _messages(suite, failing, shown, size, seed)
    said = answer([case for case, _ in messages]) if answer else [()] * len(messages)
    grader = Grader(suite)
    compared = [
        (case, rival)
        for (case, misreading), own in zip(messages, said, strict=True)
        for rival in dict.fromkeys((*own, misreading))
        if rival and grader.worth(case, rival) < grader.worth(case, case.safe_reply)
    ]
    return _ordered(compared, _uncertainty(compared, reward), shown, size)


def _messages(
    suite: Suite, failing: Sequence[Sequence[str]], shown: Mapping[str, int], size: int, seed: int
) -> list[Misread]:
    """Different messages with a safe reply: around each failure, then of families little seen."""
    around = [_around(suite, ingredients, seed) for ingredients in dict.fromkeys(map(tuple, failing))]
    portion = -(-size // (2 * len(around))) if around else 0
    found = [message for messages in around for message in islice(messages, portion)]
    families = sorted(
        {case.family for case, _ in found} | set(shown), key=lambda family: (shown.get(family, 0), family)
    )
    few = [family for family in families if shown.get(family, 0) < FEW]
    found += [(case, overlooking_reply(case)) for case in cases_by_family(suite, few, PER_FAMILY, seed)]
    return list({case.text: (case, misreading) for case, misreading in found if case.safe_reply}.values())


def _around(suite: Suite, ingredients: Sequence[str], seed: int) -> Iterator[Misread]:
    """Independent messages with the same matter and things of the same categories beside it, each with its twin."""
    names: dict[str, list[str]] = {}
    for ingredient in ingredients:
        category, _, name = ingredient.partition(":")
        names.setdefault(category, []).append(name)
    where: dict[str, list[str] | bool | None] = {category: names.get(category) for category in MATTERS}
    where |= {category: True if category in names else None for category in ALONGSIDE}
    for case in sample_cases(suite, MOST_DRAWS, seed, **where):
        yield case, overlooking_reply(case)
        if has_twin_without_matter(case):
            yield case.without(*MATTERS), case.safe_reply


def _uncertainty(compared: Sequence[tuple[Case, str]], reward: RewardModel) -> list[float]:
    if not compared:
        return []
    asked = [(case.messages, reply) for case, rival in compared for reply in (case.safe_reply, rival)]
    rewards = score(reward, asked)
    chances = sigmoid(rewards[0::2] - rewards[1::2]).mean(axis=1)
    return [2 * min(p, 1 - p) for p in chances.tolist()]


def _ordered(
    compared: Sequence[tuple[Case, str]], doubts: Sequence[float], shown: Mapping[str, int], size: int
) -> tuple[Queued, ...]:
    """Greedily by priority, each queued message counting as shown from then on."""
    seen = Counter(shown)
    waiting = [
        (-_priority(doubt, seen[case.family]), at)
        for at, ((case, _), doubt) in enumerate(zip(compared, doubts, strict=True))
    ]
    heapq.heapify(waiting)
    queue: list[Queued] = []
    while waiting and len(queue) < size:
        before, at = heapq.heappop(waiting)
        (case, rival), doubt = compared[at], doubts[at]
        now = _priority(doubt, seen[case.family])
        if now < -before - 1e-12:
            heapq.heappush(waiting, (-now, at))
            continue
        first, second = _in_order(case, rival)
        queue.append(Queued(case, first, second, doubt, seen[case.family], now))
        seen[case.family] += 1
    return tuple(queue)


def _priority(doubt: float, shown: int) -> float:
    return (doubt + FEW / (FEW + shown)) / 2


def _in_order(case: Case, rival: str) -> tuple[str, str]:
    """Neither side is always the safe one: a hash decides."""
    heads = int(_code(case.text, rival)[0], 16) % 2 == 0
    return (case.safe_reply, rival) if heads else (rival, case.safe_reply)


def _code(*texts: str) -> str:
    return blake2b("\x1f".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
