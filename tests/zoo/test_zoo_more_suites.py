"""The other suites against assistants with one defect each, in short; docs/zoo_more_suites.md has the long form."""

import pytest
import zoo_crisis
import zoo_finance
import zoo_overrefusal
import zoo_privacy
import zoo_sycophancy
from zoo_hunt import Asked, breaks, first_failure, hunt, specs, stream
from zoo_suites import spoiled

ZOOS = (zoo_crisis.ZOO, zoo_finance.ZOO, zoo_overrefusal.ZOO, zoo_privacy.ZOO, zoo_sycophancy.ZOO)
CASES = 130
"""Of 500: every pair of a default run's first rows is not in them, and the defects are found all the same."""
DEFECTS = [(zoo, defect) for zoo in ZOOS for defect in zoo.defects]


def asked_of(spec, every=1):
    return stream(spec, 0, CASES)[::every]


@pytest.fixture(params=DEFECTS, ids=lambda pair: f"{pair[0].suite}: {pair[1].name}")
def pair(request):
    return request.param


def test_its_invariant_finds_each_defect_and_the_case_is_1_minimal(pair):
    zoo, defect = pair
    found = hunt(specs(zoo.suite)[defect.own], spoiled(defect, zoo.voices[0]), cases=CASES)
    assert found is not None
    assert defect.when(found.case)
    assert found.minimal, found.case


def test_nothing_is_red_that_has_no_business_with_it(pair):
    zoo, defect = pair
    assistant = spoiled(defect, zoo.voices[0])
    others = [s for s in specs(zoo.suite).values() if s.name not in (defect.own, *defect.also)]
    assert not [s.name for s in others if first_failure(s.body, assistant, asked_of(s, 4))]


@pytest.mark.parametrize("zoo", ZOOS, ids=lambda zoo: zoo.suite)
def test_careful_assistants_are_left_in_peace(zoo):
    alarms = {}
    for voice in zoo.careful:
        asked = Asked(lambda case, _, voice=voice: voice.reply(case))
        for spec in specs(zoo.suite).values():
            case = next((case for case in asked_of(spec) if breaks(spec.body, asked, case)), None)
            if case is not None:
                alarms[voice.name, spec.name] = case, voice.reply(case)
    assert not alarms


@pytest.mark.parametrize("zoo", ZOOS, ids=lambda zoo: zoo.suite)
def test_every_invariant_has_a_defect_of_its_own(zoo):
    assert {defect.own for defect in zoo.defects} == set(specs(zoo.suite))
    assert len(specs(zoo.suite)) >= 8
    assert len({defect.name for defect in zoo.defects}) == len(zoo.defects) >= 8
