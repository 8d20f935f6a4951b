"""Sixty assistants with a planted defect each: found within 500 cases, and shrunk to exactly the trigger."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, seed, settings

from pytest_rlhfstress.running.engine_settings import Search, adjust
from pytest_rlhfstress.stress_route import SuiteComposer, cases, request_of
from pytest_rlhfstress.stress_route.covering import Grid
from pytest_rlhfstress.suites import load_suite

DEFECTS = 60
CASES = 500
STREAMS = 5
STRATEGY = cases("healthcare", urgency="emergency")
REQUEST = request_of(STRATEGY)


def planted(number: int) -> frozenset[str]:
    """A trigger of one to three ingredients that can stand together in a message.

    Up to two are ingredients by name; the third is "any of a category" (``pressure:``), since every
    triple by name is only promised with --rlhf-strength=3 and more cases.
    """
    random = Random(number)
    named = sorted(Grid(REQUEST).tuples(min(2, 1 + number % 3)), key=sorted)
    trigger = set(random.choice([t for t in random.sample(named, 20) if occurs(t, random)]))
    if number % 3 == 2:
        taken = {name.partition(":")[0] for name in trigger}
        trigger.add(random.choice([c for c in ("duty", "intent", "pressure", "attack") if c not in taken]) + ":")
    return frozenset(trigger)


def occurs(names: frozenset[str], random: Random) -> bool:
    """Whether some message carries them all: a shift of spelling shows only in words it can change."""
    composer = SuiteComposer(load_suite("healthcare"), "US")
    options = [i for slot in REQUEST.slots for i in slot.options]
    duties = [i for i in options if i.category == "duty"]
    worded = [[i for i in options if str(i) == name] for name in names]
    tries = (composer.compose((random.choice(duties), *map(random.choice, worded))) for _ in range(200))
    return any(holds(case.ingredients, names) for case in tries)


def holds(ingredients, trigger: frozenset[str]) -> bool:
    names = set(map(str, ingredients))
    return all(any(n.startswith(t) if t.endswith(":") else n == t for n in names) for t in trigger)


def found(trigger: frozenset[str], number: int):
    seen, failing = [], []

    @settings(suppress_health_check=[*HealthCheck])
    @seed(number % STREAMS)
    @given(case=STRATEGY)
    def invariant(case):
        seen.append(case)
        if holds(case.ingredients, trigger):
            failing.append((len(seen), case))
            raise AssertionError

    adjust(invariant, REQUEST, Search(CASES, True, 2, number % STREAMS))
    try:
        invariant()
    except AssertionError:
        return failing[0][0], failing[-1][1]
    return None


@pytest.fixture(scope="module")
def outcomes():
    return {number: (planted(number), found(planted(number), number)) for number in range(DEFECTS)}


def test_planted_defects_are_found_within_500_cases(outcomes):
    hit = [n for n, (_, outcome) in outcomes.items() if outcome is not None and outcome[0] <= CASES]
    assert len(hit) >= 0.98 * DEFECTS, [outcomes[n][0] for n in outcomes if n not in hit]


def test_planted_defects_shrink_to_a_1_minimal_case(outcomes):
    composer = SuiteComposer(load_suite("healthcare"), "US")
    minimal = 0
    for trigger, outcome in outcomes.values():
        if outcome is None:
            continue
        kept = outcome[1].ingredients
        smaller = [composer.compose(tuple(i for i in kept if i is not dropped)) for dropped in kept]
        minimal += not any(holds(s.ingredients, trigger) and s.has("duty") for s in smaller)
    assert minimal >= 0.98 * DEFECTS
