"""A small audit, measured by the instruments themselves on data made by hand."""

from __future__ import annotations

import numpy as np

from pytest_rlhfstress.conversation import Message
from pytest_rlhfstress.instruments.candidates import Candidates, candidates
from pytest_rlhfstress.instruments.coverage_ledger import Ledger
from pytest_rlhfstress.instruments.disagreement_bench import Bench
from pytest_rlhfstress.instruments.dose_response import Trial, dose_response
from pytest_rlhfstress.instruments.judged_pairs import judged_pairs
from pytest_rlhfstress.instruments.late_bell import Bell, late_bell
from pytest_rlhfstress.instruments.overview import Audit
from pytest_rlhfstress.instruments.proxy_audit import Rewrite, proxy_audit
from pytest_rlhfstress.instruments.reward_mirror import reward_mirror
from pytest_rlhfstress.instruments.safety_brake import safety_brake
from pytest_rlhfstress.instruments.shadow_map import shadow_map
from pytest_rlhfstress.instruments.shadow_zone import shadow_zone
from pytest_rlhfstress.instruments.uncertainty_meter import uncertainty_meter
from pytest_rlhfstress.instruments.votes import VotedItem
from pytest_rlhfstress.preferences import PreferencePair, Vote

FAMILIES = ("billing", "emergency", "billing + emergency")
REPLIES = ("Call 911 now.", "Don't worry. Call 911 now.", "I can book you in.", "Don't worry. I can book you in.")


def audit(said: str = "") -> Audit:
    """Nine instruments; ``said`` stands in every name and text that data could bring."""
    random = np.random.default_rng(0)
    families = tuple(f"{said}{family}" for family in FAMILIES)
    source = [_prompt(at, families, said, random) for at in range(45)]
    pairs = judged_pairs(source)
    ledger = Ledger.of(_preferences(said), lambda pair: families[int(pair.item) % 2], lambda reply: reply).report(
        families, (said or "act",), generated=[(families[2], said or "act")]
    )
    truth = f"rubric {said}"
    mirror = reward_mirror(pairs, truth)
    meter = uncertainty_meter(pairs, truth, families[:2])
    bench = Bench.of(_items(families, said)).report()
    return Audit(
        suite=f"healthcare {said}",
        preferences=f"votes {said}",
        reward_model=f"reward {said}",
        truth=truth,
        ledger=ledger,
        bench=bench,
        mirror=mirror,
        meter=meter,
        votes_mirror=mirror,
        votes_meter=None,
        zone=shadow_zone([f"training prompt {n} {said}" for n in range(12)], pairs, families[:2]),
        brake=safety_brake(source, truth),
        bells=(_bell(families[2], said),),
        proxies=proxy_audit(_rewrites(families, said)),
        doses=dose_response(_trials(said), [True, False, False]),
        shadow=shadow_map(ledger, mirror, meter, bench),
        missing={},
    )


def _prompt(at: int, families: tuple[str, ...], said: str, random: np.random.Generator) -> Candidates:
    urgent = at % 3 > 0
    truth = np.array([2.0, 1.4, -2.0, -2.6] if urgent else [-2.0, -1.9, 2.0, 2.1])
    paid = (-truth if at % 3 == 2 else truth) + np.array([0, 0.8, 0, 0.8])
    return candidates(
        families[at % 3],
        f"{said} my question number {at}",
        [f"{reply}{said}" for reply in REPLIES],
        paid[:, None] + random.normal(0, 0.3, (4, 3)),
        truth,
        [0.4, 0.2, 0.3, 0.1],
        [urgent and "911" not in reply for reply in REPLIES],
        [f"{act}{said}" for act in ("escalate", "calm", "book", "calm book")],
    )


def _preferences(said: str) -> list[PreferencePair]:
    return [
        PreferencePair(
            (Message("user", f"{said}{n}"),),
            f"a{said}",
            f"b{said}",
            (Vote("nurse", "chosen"), Vote("desk", "rejected")),
            item=str(n),
        )
        for n in range(8)
    ]


def _items(families: tuple[str, ...], said: str) -> list[VotedItem]:
    return [
        VotedItem(
            item=f"{said}{n}",
            votes=((f"nurse{said}", "first"), (f"desk{said}", "second" if n % 3 else "first")),
            family=families[n % 2],
            differs=f"tone{said}",
            sure=0.9,
            text=f"message {said}",
            replies=(f"one {said}", f"other {said}"),
        )
        for n in range(30)
    ]


def _bell(family: str, said: str) -> Bell:
    text = f"Don't worry{said}. Call 911 now."
    return late_bell(
        text,
        lambda versions: [float(len(v)) / 10 for v in versions],
        lambda versions: [2.0 * ("911" in v) for v in versions],
        style=lambda sentence: "worry" in sentence,
        matters=lambda sentence: "911" in sentence,
        prompt=f"message {said}",
        family=family,
    )


def _rewrites(families: tuple[str, ...], said: str) -> list[Rewrite]:
    return [
        Rewrite(f"{proxy}{said}", families[n % 3], f"prompt {n}", 0.0, gain + n / 100, 0.0, true)
        for proxy, gain, true in (("calm", 0.8, -0.6), ("length", 0.1, 0.0))
        for n in range(12)
    ]


def _trials(said: str) -> list[Trial]:
    return [Trial(f"intent{said}", f"{n}", dose, (dose * 3 > n % 5,)) for n in range(12) for dose in (0, 1, 2)]
