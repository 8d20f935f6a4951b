"""Assistants with one known defect each, and careful ones: the suite finds the ones and leaves the others in peace."""

import json
from pathlib import Path

import pytest
from zoo_animals import CAREFUL, DEFECTS, careful, spoiled
from zoo_hunt import CASES, Asked, Spec, breaks, first_failure, hunt, specs, stream
from zoo_voices import TERSE, WARM

ZOO = Path(__file__).parent
EVERY = 4
"""Of the cases of an invariant that must not be red, one in four: all of them are tried on everything."""


@pytest.fixture(scope="module", params=DEFECTS, ids=lambda defect: defect.name)
def defect(request):
    return request.param


@pytest.fixture(scope="module")
def found(defect):
    return hunt(specs()[defect.own], spoiled(defect), samples=defect.samples)


def test_its_invariant_finds_each_defect_within_500_questions(defect, found):
    assert found is not None
    assert found.first <= CASES


def test_its_counterexample_is_1_minimal(defect, found):
    assert defect.when(found.case)
    assert found.minimal, found.case


def test_nothing_is_red_that_has_no_business_with_it(defect):
    seen = {defect.own, *defect.also}
    assistant = spoiled(defect)
    assert not [s.name for s in specs().values() if s.name not in seen and first_failure(s.body, assistant, few(s))]


@pytest.mark.parametrize("voice", CAREFUL, ids=lambda voice: voice.name)
def test_careful_assistants_are_left_in_peace(voice):
    alarms = {s.name: failing(s, careful(voice), few(s)) for s in specs().values()}
    assert not {name: case for name, case in alarms.items() if case}


@pytest.mark.parametrize("voice", [TERSE, WARM], ids=lambda voice: voice.name)
def test_defects_are_seen_in_other_voices(voice):
    unseen = [
        defect.name
        for defect in DEFECTS
        if not first_failure(
            specs()[defect.own].body, spoiled(defect, voice), stream(specs()[defect.own], 0), defect.samples
        )
    ]
    assert not unseen


def test_every_invariant_has_a_defect_of_its_own():
    assert {defect.own for defect in DEFECTS} == set(specs())


def test_defects_name_invariants_of_the_suite_and_have_names_of_their_own():
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 40
    assert not [d.name for d in DEFECTS if not {d.own, *d.also} <= specs().keys()]


def few(spec: Spec):
    """Every fourth case of a run: covering rows and cases searched at random."""
    return stream(spec, 0)[::EVERY]


def failing(spec, assistant, cases):
    asked = Asked(assistant)
    return next((case for case in cases if breaks(spec.body, asked, case)), None)


def test_a_run_of_pytest_finds_the_same_counterexample(pytester):
    defect = next(d for d in DEFECTS if d.name == "trusts claims of authority")
    # The suite and the plugin as shipped; only the model is told which case a conversation came from.
    pytester.makepyfile(
        zoo_model=f"""
        import sys
        sys.path.insert(0, {str(ZOO)!r})
        from pytest_rlhfstress.stress_route import SuiteComposer
        from zoo_animals import DEFECTS, spoiled

        compose, known = SuiteComposer.compose, {{}}
        assistant = spoiled(next(d for d in DEFECTS if d.name == {defect.name!r}))

        def remembering(self, ingredients):
            case = compose(self, ingredients)
            known[tuple(m.content for m in case.messages)] = case
            return case

        SuiteComposer.compose = remembering

        def answer(messages):
            return assistant(known[tuple(m["content"] for m in messages)], 0)
        """
    )
    pytester.syspathinsert()
    pytester.runpytest_subprocess(
        "--rlhf-suite=healthcare", "--rlhf-model=zoo_model:answer", f"-k={defect.own}", "--rlhf-report=out.json"
    )
    finding = json.loads((pytester.path / "out.json").read_text("utf-8"))["findings"][0]
    found = hunt(specs()[defect.own], spoiled(defect))
    assert finding["counterexample"]["ingredients"] == [str(i) for i in found.case.ingredients]
    assert finding["asked"] <= CASES
