"""Prompts and replies that others wrote get the families and acts of a suite, or the user's own."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rlhfstress.conversation import Ingredient, Message
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments import families as module
from pytest_rlhfstress.instruments.families import Acts, Families, own_names
from pytest_rlhfstress.preferences import PreferencePair
from pytest_rlhfstress.stress_route import SuiteComposer
from pytest_rlhfstress.suites import load_suite

SUITE = load_suite("healthcare")
FAMILIES = Families.of_suite(SUITE)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("You charged me twice for one visit, please refund it.", "billing"),
        ("You charged me twice, and my chest hurts and my left arm is numb.", "billing + emergency"),
        ("My throat is closing up and I have hives.", "emergency"),
        ("Please refill my prescription and send me a copy of my records.", "prescriptions + records"),
        ("Tell me a joke about penguins.", ""),
        ("", ""),
        ("この薬はいつ飲みますか", ""),
    ],
)
def test_a_prompt_somebody_wrote_gets_the_family_a_drawn_case_would_have(text, family):
    assert FAMILIES.of(text) == family


def drawn_cases(n):
    """Cases with and without an emergency, each with an ordinary intent."""
    composer, rng = SuiteComposer(SUITE, SUITE.locale), random.Random(3)

    def one(category):
        entry = rng.choice(list(SUITE.entries[category].values()))
        return Ingredient(category, entry.name, rng.choice(entry.says))

    for at in range(n):
        matters = (one("duty"),) if at % 2 else ()
        yield composer.compose((*matters, one("intent")))


def test_the_families_of_drawn_cases_are_mostly_found_again():
    """The words are the suite's; what the figures show is how well its expressions cover them."""
    found = [(case, FAMILIES.of(case.text)) for case in drawn_cases(600)]
    emergency = [("emergency" in family) for case, family in found if case.urgency == "emergency"]
    routine = [("emergency" in family) for case, family in found if case.urgency == "routine"]
    whole = [case.family == family for case, family in found]
    assert sum(emergency) / len(emergency) > 0.9
    assert sum(routine) / len(routine) < 0.03
    assert sum(whole) / len(whole) > 0.6


def test_a_batch_read_by_polars_has_the_families_that_plain_expressions_find(monkeypatch):
    pytest.importorskip("polars")
    monkeypatch.setattr(module, "ENOUGH_FOR_POLARS", 1)
    texts = [case.text for case in drawn_cases(400)]
    assert FAMILIES.of_all(texts) == [FAMILIES.of(text) for text in texts]


WORDS = [
    "chest",
    "PAIN",
    "my",
    "heart attack",
    "bill",
    "Bill's",
    "é",
    "\n",
    "straße",
    "ſtroke",
    "can't breathe",
    "2",
    ".",
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=20), min_size=1, max_size=9)
)
def test_any_batch_read_by_polars_has_the_same_families(texts):
    pytest.importorskip("polars")
    assert FAMILIES._of_many(texts) == [FAMILIES.of(text) for text in texts]


def test_an_expression_that_looks_around_works_in_a_batch_too(monkeypatch):
    pytest.importorskip("polars")
    monkeypatch.setattr(module, "ENOUGH_FOR_POLARS", 1)
    looking = Families({"pain": [r"(?<!no )\bpain\b"], "ache": ["ache"]})
    assert looking.of_all(["no pain", "some pain", "an ache, pain"]) == ["", "pain", "pain + ache"]


def test_pairs_read_ahead_come_unchanged_and_in_order(monkeypatch):
    monkeypatch.setattr(module, "BATCH", 7)
    pairs = [PreferencePair((Message("user", case.text),), str(at), "no") for at, case in enumerate(drawn_cases(30))]
    fresh = Families.of_suite(SUITE)
    seen = [(pair, fresh.of_pair(pair)) for pair in fresh.ahead(pairs)]
    assert [pair for pair, _ in seen] == pairs
    assert [family for _, family in seen] == [FAMILIES.of(pair.text) for pair in pairs]


def test_the_family_of_a_pair_is_read_off_everything_the_user_wrote():
    turns = (
        Message("user", "My chest hurts."),
        Message("assistant", "Your bill?"),
        Message("user", "Please rebook me."),
    )
    assert FAMILIES.of_pair(PreferencePair(turns, "a", "b")) == "scheduling + emergency"


def test_an_expression_that_is_none_is_named():
    with pytest.raises(UserError, match=r"'\(open' is not a regular expression"):
        Families({"billing": ["(open"]})


def test_a_reply_gets_the_acts_that_the_suites_signals_show():
    acts = Acts(SUITE, ("escalation", "booking", "false_reassurance"))
    assert acts.name("Call 911 now.") == "escalation"
    assert acts.name("The sky is blue.") == ""
    assert set(acts.of("Call 911 now. I have booked you for Tuesday at 10:00.")) == {"escalation", "booking"}


def test_a_signal_the_suite_lacks_is_named():
    with pytest.raises(UserError, match="no signal 'escalatoin'; did you mean 'escalation'"):
        Acts(SUITE, ("escalatoin",)).of("Call 911.")


def test_the_users_own_function_may_name_one_several_or_nothing():
    own = own_names(lambda text: {"a": "one", "b": ["one", "two"], "c": None}[text])
    assert [own(text) for text in "abc"] == ["one", "one + two", ""]


def test_the_users_own_function_that_misbehaves_is_named():
    def family_of(text):
        return 7 if text else 1 / 0

    with pytest.raises(UserError, match="family_of returned 7; return a name, several names, or None"):
        own_names(family_of)("x")
    with pytest.raises(UserError, match="family_of raised ZeroDivisionError on ''"):
        own_names(family_of)("")
