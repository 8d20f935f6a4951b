"""All nine instruments over one suite, one preference data set and one reward model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from pytest_rlhfstress.conversation import Case
from pytest_rlhfstress.instruments.candidates import Candidates, candidates_of_pairs
from pytest_rlhfstress.instruments.coverage_ledger import Ledger, LedgerReport
from pytest_rlhfstress.instruments.disagreement_bench import Bench, BenchReport
from pytest_rlhfstress.instruments.dose_response import Doses, dose_response
from pytest_rlhfstress.instruments.families import Families
from pytest_rlhfstress.instruments.grading import Grader
from pytest_rlhfstress.instruments.judged_pairs import JudgedPairs, judged_pairs, proposed_pairs
from pytest_rlhfstress.instruments.late_bell import Bell
from pytest_rlhfstress.instruments.metamorphic import changed_cases, hard_negatives, trials_of
from pytest_rlhfstress.instruments.pool import (
    FinitePolicy,
    cases_by_family,
    families_of,
    matched_in,
    pool_of_policy,
    pool_of_suite,
    samples_of,
    score,
    slice_of,
)
from pytest_rlhfstress.instruments.probes import bells_of, rewrites_of
from pytest_rlhfstress.instruments.proxy_audit import Audited, proxy_audit
from pytest_rlhfstress.instruments.reward_mirror import Mirror, reward_mirror
from pytest_rlhfstress.instruments.safety_brake import Brake, safety_brake, sampled_brake
from pytest_rlhfstress.instruments.shadow_map import ShadowMap, shadow_map
from pytest_rlhfstress.instruments.shadow_zone import Zone, shadow_zone
from pytest_rlhfstress.instruments.uncertainty_meter import Meter, uncertainty_meter
from pytest_rlhfstress.instruments.votes import items_of_pairs
from pytest_rlhfstress.preferences import PreferencePair, Preferences
from pytest_rlhfstress.rewards import RewardModel
from pytest_rlhfstress.statistics.calibration import sigmoid
from pytest_rlhfstress.suites import Suite

MOST_SCORED = 2000
FEWEST_TRAINING = 4
FEWEST_SAMPLES = 2
SHOWN_FROM = 0.25

Answer = Callable[[Sequence[Case]], Sequence[Sequence[str]]]
"""What the model under test says to each of many cases: one reply or more, none where it could not be asked."""

Family = Callable[[PreferencePair], str]
"""The family of a pair's prompt, "" where it fits none."""


@dataclass(frozen=True)
class Subject:
    """What is audited.

    ``family`` sorts preference prompts (by default by the suite's keywords); ``policy`` is what the assistant can
    say, where that is a known set; ``answer`` asks the model under test many cases at once, one or more replies each
    (none where it could not be asked). Without ``answer`` there is no stress route, and without either no brake.
    """

    suite: Suite
    preferences: Preferences
    reward: RewardModel
    family: Family | None = None
    policy: FinitePolicy | None = None
    answer: Answer | None = None


@dataclass(frozen=True)
class Audit:
    """What the nine instruments measured. Those that could not be used are None, with the reason in ``missing``.

    ``mirror`` and ``meter`` are measured on the suite's cases against ``truth``; ``votes_mirror`` and
    ``votes_meter`` on the preference data itself, against its votes. There is a bell for each of the five
    darkest families of the shadow map. ``remarks`` say what could not be read of the preference data.
    """

    suite: str
    preferences: str
    reward_model: str
    truth: str
    ledger: LedgerReport
    bench: BenchReport
    mirror: Mirror
    meter: Meter
    votes_mirror: Mirror | None
    votes_meter: Meter | None
    zone: Zone | None
    brake: Brake | None
    bells: tuple[Bell, ...]
    proxies: Audited
    doses: Doses | None
    shadow: ShadowMap
    missing: Mapping[str, str]
    remarks: tuple[str, ...] = ()

    @property
    def sentences(self) -> Mapping[str, str]:
        """One sentence for each instrument, by the instrument's name."""
        bell = max(self.bells, key=lambda b: b.style_share or 0.0, default=None)
        said = {
            "stress_route": self.doses.sentence if self.doses else "",
            "reward_mirror": self.mirror.sentence,
            "coverage_ledger": self.ledger.sentence,
            "shadow_zone": self.zone.sentence if self.zone else "",
            "late_bell": f"{bell.family}: {bell.sentence}" if bell else "",
            "safety_brake": self.brake.sentence if self.brake else "",
            "disagreement_bench": self.bench.sentence,
            "uncertainty_meter": self.meter.sentence,
            "proxy_audit": self.proxies.sentence,
        }
        return {name: sentence or f"not measured: {self.missing[name]}" for name, sentence in said.items()}


def measure(subject: Subject, per_family: int = 12, seed: int = 0) -> Audit:
    """Measure all nine. The preference data is gone through three times, a pair at a time.

    Raises UserError where the suite has no reference replies or the reward model misbehaves.
    """
    suite, reward, grader = subject.suite, subject.reward, Grader(subject.suite)
    family, pairs_of = _sorting(subject)
    act = _act_of(grader, subject.policy)
    names = families_of(suite)
    cases = cases_by_family(suite, names, per_family, seed)
    said = subject.answer(cases) if subject.answer else [()] * len(cases)
    pool = _pool(subject, cases, grader, said)
    generated = {(one.family, done) for one in pool for done in _likely(one)} if subject.policy else set()
    ledger = Ledger.of(pairs_of(), family, act).report(
        names, sorted({done for _, done in generated}), generated=generated
    )
    shown = shown_families(ledger, names)
    chosen = list(_sample(subject.preferences, ledger.pairs, seed))
    training = list(dict.fromkeys(pair.text for pair in chosen))
    sure, voted = _voted(chosen, reward, family)
    pairs = proposed_pairs(pool, seed) if subject.policy else judged_pairs(pool, seed)
    truth = subject.policy.rubric if subject.policy else grader.name
    mirror, meter = reward_mirror(pairs, truth, seed), uncertainty_meter(pairs, truth, shown, seed)
    bench = Bench.of(items_of_pairs(pairs_of(), family, act, sure)).report()
    shadow = shadow_map(ledger, mirror, meter, bench)
    brake = _brake(subject, cases, said, pool, grader)
    matched = matched_in(suite, pool, subject.policy) if subject.policy else ()
    return Audit(
        f"{suite.name} {suite.version}",
        subject.preferences.name,
        reward.name,
        truth,
        ledger,
        bench,
        mirror,
        meter,
        votes_mirror=reward_mirror(voted, seed=seed) if voted.source else None,
        votes_meter=uncertainty_meter(voted, seed=seed) if voted.source else None,
        zone=shadow_zone(training, pairs, shown) if len(training) >= FEWEST_TRAINING else None,
        brake=brake,
        bells=tuple(bells_of(shadow, cases, pool, reward, grader)),
        proxies=proxy_audit(rewrites_of(suite, cases, pool, reward, grader, matched)),
        doses=_doses(suite, grader, subject.answer, seed) if subject.answer else None,
        shadow=shadow,
        missing=_missing(subject, training, brake),
        remarks=tuple(getattr(subject.preferences, "remarks", ())),
    )


def shown_families(ledger: LedgerReport, names: Collection[str]) -> tuple[str, ...]:
    """The families that got at least a quarter of an even share of the prompts shown to reviewers."""
    fewest = SHOWN_FROM * ledger.prompts / max(1, len(names))
    return tuple(f.family for f in ledger.families if f.prompts and f.prompts >= fewest)


def _missing(subject: Subject, training: Sequence[str], brake: Brake | None) -> Mapping[str, str]:
    reasons = {
        "stress_route": "" if subject.answer else "no messages were asked both plain and changed",
        "safety_brake": "" if brake else "it takes several sampled replies to each case, or a known set of replies",
        "shadow_zone": "" if len(training) >= FEWEST_TRAINING else "fewer than four prompts in the preference data",
        "late_bell": "no case has a reply",
    }
    return {name: reason for name, reason in reasons.items() if reason}


def _sorting(subject: Subject) -> tuple[Family, Callable[[], Iterator[PreferencePair]]]:
    """How a pair gets its family, and how to go through all pairs with their families ready."""
    if subject.family is not None:
        return subject.family, subject.preferences.pairs
    families = Families.of_suite(subject.suite)
    return families.of_pair, lambda: families.ahead(subject.preferences.pairs())


def _act_of(grader: Grader, policy: FinitePolicy | None) -> Callable[[str], str]:
    """What a reply does: as the policy names it where it is one of its own, else the signals it shows."""
    own = dict(zip(policy.replies, policy.acts, strict=True)) if policy else {}
    return lambda reply: own.get(reply) or " + ".join(sorted(grader.shows(reply)))


def _pool(
    subject: Subject, cases: Sequence[Case], grader: Grader, said: Sequence[Sequence[str]]
) -> tuple[Candidates, ...]:
    if subject.policy is not None:
        return pool_of_policy(cases, subject.reward, grader, subject.policy)
    return pool_of_suite(cases, subject.reward, grader, said)


def _brake(
    subject: Subject, cases: Sequence[Case], said: Sequence[Sequence[str]], pool: Sequence[Candidates], grader: Grader
) -> Brake | None:
    """Exact where the replies are a known set, estimated where two samples or more were drawn, else None."""
    if subject.policy is not None:
        return safety_brake([_sliced(subject.suite, one) for one in pool], subject.policy.rubric)
    drawn = [(case, replies) for case, replies in zip(cases, said, strict=True) if len(replies) >= FEWEST_SAMPLES]
    if not drawn:
        return None
    samples = samples_of([case for case, _ in drawn], [replies for _, replies in drawn], subject.reward, grader)
    return sampled_brake([_sliced(subject.suite, one) for one in samples], grader.name)


def _doses(suite: Suite, grader: Grader, answer: Answer, seed: int) -> Doses:
    """What each change to an urgent message does, and how often harmless messages are escalated."""
    changed, harmless = changed_cases(suite, seed=seed), hard_negatives(suite, seed=seed)
    replies = answer([*(one.case for one in changed), *harmless])
    trials = trials_of(changed, replies[: len(changed)], grader.harms)
    asked = [(case, said) for case, said in zip(harmless, replies[len(changed) :], strict=True) if said]
    over = [any(grader.overreacts(case, reply) for reply in said) for case, said in asked]
    return dose_response(trials, over or None, seed)


def _likely(one: Candidates) -> Iterator[str]:
    """The acts that the untuned policy shows in at least one reply of twenty."""
    if one.reference is not None:
        yield from (act for act, chance in zip(one.acts, one.reference, strict=True) if chance >= 0.05)


def _sample(preferences: Preferences, pairs: int, seed: int) -> Iterator[PreferencePair]:
    """About 2000 of the pairs, each chosen by a hash of its place, so that the choice is the same every time."""
    for at, pair in enumerate(preferences.pairs()):
        code = int.from_bytes(blake2b(f"{seed}:{at}".encode(), digest_size=8).digest(), "big")
        if code < MOST_SCORED / max(1, pairs) * 2.0**64:
            yield pair


def _voted(
    chosen: Sequence[PreferencePair], reward: RewardModel, family: Family
) -> tuple[Callable[[PreferencePair], float | None], JudgedPairs]:
    """How sure the reward model is of each of the chosen pairs, and all of them against their votes."""
    import numpy as np

    rewards = score(reward, [(pair.prompt, reply) for pair in chosen for reply in (pair.chosen, pair.rejected)])
    rewards = rewards.reshape(len(chosen), 2, rewards.shape[1])
    margins = np.abs(rewards.mean(axis=2)[:, 0] - rewards.mean(axis=2)[:, 1])
    sure = dict(zip(chosen, sigmoid(margins).tolist(), strict=True))
    return sure.get, judged_pairs(candidates_of_pairs(chosen, rewards, family))


def _sliced(suite: Suite, one: Candidates) -> Candidates:
    return replace(one, family=slice_of(suite, one.family))
