"""The replies an audit judges: the suite's cases by family, each with candidate replies, rewards and true worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from pytest_rlhfstress.conversation import Case, Message
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.candidates import Candidates, candidates
from pytest_rlhfstress.instruments.families import JOINT
from pytest_rlhfstress.instruments.grading import Grader
from pytest_rlhfstress.instruments.proxy_audit import Rewrite
from pytest_rlhfstress.rewards import RewardModel
from pytest_rlhfstress.stress_route import sample_cases
from pytest_rlhfstress.suites import MATTERS, Suite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PER_FAMILY = 12
WRONG_REPLIES = 5
BATCH = 512
MOST_DRAWS = 400
PLAIN: Mapping[str, None] = {"pressure": None, "attack": None, "shift": None, "placement": None}


class FinitePolicy(Protocol):
    """A policy over a known set of replies, with a rubric that grades them: what the embedded clinic is."""

    @property
    def rubric(self) -> str:
        """The name of its rubric, with its version."""
        ...

    @property
    def replies(self) -> Sequence[str]:
        """Everything it can say."""
        ...

    @property
    def acts(self) -> Sequence[str]:
        """What each of the replies does."""
        ...

    @property
    def matched(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """For a proxy, pairs of replies with the same content: without it, and with it."""
        ...

    def reference(self, cases: Sequence[Case]) -> np.ndarray:
        """The chances of the replies before tuning, shape (cases, replies)."""
        ...

    def worth(self, cases: Sequence[Case]) -> np.ndarray:
        """What each reply is worth by the rubric, shape (cases, replies)."""
        ...


def families_of(suite: Suite) -> tuple[str, ...]:
    """Every family of the suite with one ordinary request at most: alone, urgent or ambiguous, and both together."""
    requests = sorted({e.family for e in suite.entries["intent"].values() if e.family})
    default = suite.fact_defaults.get("urgency")
    matters = {e.facts.get("urgency", default) for c in ("duty", "ambiguous") for e in suite.entries[c].values()}
    urgencies = [u for u in suite.fact_values.get("urgency", ()) if u != default and u in matters]
    return (*requests, *urgencies, *(f"{request}{JOINT}{urgency}" for request in requests for urgency in urgencies))


def slice_of(suite: Suite, family: str) -> str:
    """A family with its ordinary requests called "request": the few slices that small samples can be cut into."""
    requests = {e.family for e in suite.entries["intent"].values()}
    parts = family.split(JOINT)
    return JOINT.join(dict.fromkeys("request" if part in requests else part for part in parts))


def cases_by_family(
    suite: Suite, families: Sequence[str], per_family: int = PER_FAMILY, seed: int = 0
) -> tuple[Case, ...]:
    """``per_family`` different plain cases of each family, fewer where the vocabulary has no more."""
    return tuple(case for family in families for case in islice(_of_family(suite, family, seed), per_family))


def _of_family(suite: Suite, family: str, seed: int) -> Iterator[Case]:
    parts = set(family.split(JOINT))
    requests = [e.name for e in suite.entries["intent"].values() if e.family in parts]
    where: dict[str, str | list[str] | None] = {**PLAIN, "hard_negative": None, "intent": requests or None}
    urgency = parts & set(suite.fact_values.get("urgency", ()))
    if urgency:
        where["urgency"] = sorted(urgency)
    texts = set()
    for case in sample_cases(suite, MOST_DRAWS, seed, **where):
        if case.family == family and case.text not in texts:
            texts.add(case.text)
            yield case


def has_twin_without_matter(case: Case) -> bool:
    """Whether something ordinary is asked beside what matters, so that a message is left without it."""
    return case.has("intent") and any(case.has(category) for category in MATTERS)


def overlooking_reply(case: Case) -> str:
    """What is right to say to the case's twin without its matter: the reply that overlooks it. "" without a twin."""
    return case.without(*MATTERS).safe_reply if has_twin_without_matter(case) else ""


def score(reward: RewardModel, asked: Sequence[tuple[Sequence[Message], str]]) -> NDArray[np.float64]:
    """The rewards of replies to conversations, shape (asked, members). Raises UserError where they are not finite."""
    import numpy as np

    from pytest_rlhfstress.statistics.checking import finite

    items = [([{"role": m.role, "content": m.content} for m in messages], reply) for messages, reply in asked]
    parts = [finite(reward.score(items[at : at + BATCH]), reward.name) for at in range(0, len(items), BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, 1))


def pool_of_suite(
    cases: Sequence[Case], reward: RewardModel, grader: Grader, said: Sequence[Sequence[str]]
) -> tuple[Candidates, ...]:
    """Each case with its safe reply, safe replies to other cases, and what the model under test ``said`` to it.

    Graded by the suite's signals. A safe reply to another case is what an assistant says that misread this one.
    """
    references = list(dict.fromkeys(case.safe_reply for case in cases if case.safe_reply))
    if not references:
        raise UserError("the suite has no reference replies: add `references`, so that there is something to compare")
    return samples_of(
        cases, [_replies(case, references, own) for case, own in zip(cases, said, strict=True)], reward, grader
    )


def samples_of(
    cases: Sequence[Case], replies: Sequence[Sequence[str]], reward: RewardModel, grader: Grader
) -> tuple[Candidates, ...]:
    """Cases with some replies each, repeats included, graded by the suite's signals."""
    compared = list(zip(cases, replies, strict=True))
    rewards = iter(score(reward, [(case.messages, reply) for case, said in compared for reply in said]))
    return tuple(
        candidates(
            family=case.family,
            prompt=case.text,
            replies=said,
            rewards=[next(rewards) for _ in said],
            truth=[grader.worth(case, reply) for reply in said],
            harmful=[grader.harms(case, reply) for reply in said],
            acts=[JOINT.join(sorted(grader.shows(reply, case.locale))) for reply in said],
        )
        for case, said in compared
    )


def _replies(case: Case, references: Sequence[str], said: Sequence[str]) -> tuple[str, ...]:
    """The safe reply first, then others spread over all references, then what was really said."""
    others = [reference for reference in references if reference != case.safe_reply]
    spread = [others[at * len(others) // WRONG_REPLIES] for at in range(min(WRONG_REPLIES, len(others)))]
    return tuple(dict.fromkeys([*filter(None, [case.safe_reply]), *spread, *said]))


def pool_of_policy(
    cases: Sequence[Case], reward: RewardModel, grader: Grader, policy: FinitePolicy
) -> tuple[Candidates, ...]:
    """Each case with everything a finite policy can say, its chances before tuning, and its rubric's grades."""
    replies = tuple(policy.replies)
    asked = [(case.messages, reply) for case in cases for reply in replies]
    rewards = score(reward, asked).reshape(len(cases), len(replies), -1)
    reference, worth = policy.reference(cases), policy.worth(cases)
    return tuple(
        candidates(
            family=case.family,
            prompt=case.text,
            replies=replies,
            rewards=rewards[at],
            truth=worth[at],
            reference=reference[at],
            harmful=[grader.harms(case, reply) for reply in replies],
            acts=policy.acts,
        )
        for at, case in enumerate(cases)
    )


def matched_in(suite: Suite, pool: Sequence[Candidates], policy: FinitePolicy) -> tuple[Rewrite, ...]:
    """The matched pairs of a finite policy as rewrites by slice, with the rubric's worth of both."""
    return tuple(
        Rewrite(
            proxy,
            slice_of(suite, one.family),
            one.prompt,
            float(one.proxy[plain]),
            float(one.proxy[styled]),
            float(one.truth[plain]),
            float(one.truth[styled]),
        )
        for one in pool
        for proxy, pairs in policy.matched.items()
        for plain, styled in pairs
    )
