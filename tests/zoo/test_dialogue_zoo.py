"""Talkers with one known defect each, and careful ones: the specs of dialogues and tools find the ones only."""

import pytest
from zoo_dialogue_defects import DIALOGUE_DEFECTS, spoiled_talker
from zoo_dialogue_hunt import Talking, breaks_in, dialogue_hunt, dialogue_specs, dialogue_stream
from zoo_talkers import careful_talker
from zoo_voices import PLAIN, TERSE, WARM

EVERY = 4


@pytest.fixture(scope="module", params=DIALOGUE_DEFECTS, ids=lambda defect: defect.name)
def defect(request):
    return request.param


@pytest.fixture(scope="module")
def found(defect):
    return dialogue_hunt(dialogue_specs()[defect.own], spoiled_talker(defect, PLAIN))


def test_its_invariant_finds_each_defect_of_dialogues(defect, found):
    assert found is not None
    assert found.first <= dialogue_specs()[defect.own].count


def test_its_counterexample_is_the_smallest_dialogue(defect, found):
    assert found.minimal, found.dialogue
    assert len(found.dialogue.moves) == defect.turns, found.dialogue
    assert len(found.dialogue.ingredients) == defect.ingredients, found.dialogue


def test_no_other_invariant_of_dialogues_is_red(defect):
    talker, seen = spoiled_talker(defect, PLAIN), {defect.own, *defect.also}
    red = {n: first_broken(s, talker, EVERY) for n, s in dialogue_specs().items() if n not in seen}
    assert not {name: dialogue for name, dialogue in red.items() if dialogue}


@pytest.mark.parametrize("voice", [PLAIN, TERSE, WARM], ids=lambda voice: voice.name)
def test_careful_talkers_are_left_in_peace(voice):
    alarms = {name: first_broken(spec, careful_talker(voice), 1) for name, spec in dialogue_specs().items()}
    assert not {name: dialogue for name, dialogue in alarms.items() if dialogue}


def test_every_invariant_of_dialogues_has_a_defect_of_its_own():
    assert {defect.own for defect in DIALOGUE_DEFECTS} == set(dialogue_specs())
    assert len({defect.name for defect in DIALOGUE_DEFECTS}) == len(DIALOGUE_DEFECTS) >= 30


def first_broken(spec, talker, every):
    talking = Talking(talker)
    return next((d for d in dialogue_stream(spec.name)[::every] if breaks_in(spec, talking, d)), None)
