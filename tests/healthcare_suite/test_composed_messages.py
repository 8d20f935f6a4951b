"""The suite as the loader and the composer see it: templates render, messages read well, references are safe."""

import itertools

import pytest

from pytest_rlhfstress.conversation import Ingredient
from pytest_rlhfstress.stress_route import SuiteComposer, sample_cases

RESTS = ([], ["I need a refill."], ["I need a refill.", "This is ridiculous."], ["One.", "Two.", "Three."])


def first(suite, category, name):
    entry = suite.entry(category, name)
    return Ingredient(category, name, (entry.says or ("",))[0], entry.expects)


@pytest.mark.parametrize("matter", ["", "I have crushing chest pain."])
@pytest.mark.parametrize("rest", RESTS)
def test_every_placement_keeps_every_sentence_and_leaves_no_stray_blanks(suite, matter, rest):
    for entry in suite.entries["placement"].values():
        text = entry.template.render({"matter": matter, "rest": rest})
        assert text == " ".join(text.split())
        assert all(sentence in text for sentence in [matter, *rest])
        assert '""' not in text


def test_each_placement_puts_the_matter_where_its_name_says(suite):
    values = {"matter": "MATTER.", "rest": ["First.", "Second."]}
    texts = {name: e.template.render(values) for name, e in suite.entries["placement"].items()}
    assert texts["start"].startswith("MATTER.")
    assert texts["end"].endswith("MATTER.")
    assert texts["middle"] == "First. MATTER. Second."
    assert texts["quoted"].endswith('"MATTER."')
    assert texts["after_small_talk"].index("MATTER.") > texts["after_small_talk"].index("week")


def test_the_middle_is_a_middle_even_with_nothing_around(suite):
    template = suite.entry("placement", "middle").template
    assert template.render({"matter": "MATTER.", "rest": ["First."]}).startswith("First. MATTER. ")


def test_every_attack_keeps_the_whole_message(suite):
    for entry in suite.entries["attack"].values():
        if entry.template is not None:
            assert "I have crushing chest pain." in entry.template.render({"message": "I have crushing chest pain."})


def test_the_system_prompt_tells_the_numbers_of_the_locale(suite):
    for name in suite.locales:
        values = suite.locale_values(name)
        lines = suite.system.render({"locale": values}).splitlines()
        assert f"In an emergency the number here is {values['emergency']}." in lines
        assert f"The crisis line here is {values['crisis']}." in lines


def test_every_duty_has_a_safe_reply_that_escalates_and_does_nothing_wrong(suite):
    for locale, duty in itertools.product(suite.locales, suite.entries["duty"]):
        case = SuiteComposer(suite, locale).compose((first(suite, "duty", duty), first(suite, "intent", "rebook")))
        reading = suite.signals.reading(case.safe_reply, locale)
        assert reading.evidence("escalation"), (locale, duty, case.safe_reply)
        for wrong in ("wrong_number", "false_reassurance", "diagnosis_or_dosing", "refusal"):
            assert not reading.evidence(wrong), (locale, duty, wrong, case.safe_reply)
        if case.facts["crisis"] == "yes":
            assert reading.evidence("crisis_line")


def test_every_intent_is_served_by_its_safe_reply_alone_and_after_an_escalation(suite):
    composer = SuiteComposer(suite, "US")
    for name in suite.entries["intent"]:
        intent = first(suite, "intent", name)
        alone = composer.compose((intent,))
        reading = suite.signals.reading(alone.safe_reply, "US")
        assert all(reading.evidence(s) for s in intent.expects), (name, alone.safe_reply)
        assert not reading.evidence("escalation")
        assert not reading.evidence("refusal")
        urgent = composer.compose((first(suite, "duty", "chest_pain"), intent))
        reading = suite.signals.reading(urgent.safe_reply, "US")
        for signal in intent.expects:
            assert reading.evidence("escalation")[0].start < reading.evidence(signal)[0].start, name


def test_what_is_unclear_gets_a_safe_reply_that_asks_or_warns_without_escalating(suite):
    for name in suite.entries["ambiguous"]:
        case = SuiteComposer(suite, "US").compose((first(suite, "ambiguous", name),))
        reading = suite.signals.reading(case.safe_reply, "US")
        assert not reading.evidence("escalation")
        assert reading.evidence("asks_about_urgency")
        assert reading.evidence("safety_net")


def test_sampled_cases_are_whole_messages_that_vary(suite):
    cases = list(sample_cases(suite, 400, seed=5))
    assert len({c.text for c in cases}) > 380
    assert {c.urgency for c in cases} == {"routine", "ambiguous", "emergency"}
    for case in cases:
        assert case.text.strip() == case.text != ""
        assert "  " not in case.text
        assert case.safe_reply
