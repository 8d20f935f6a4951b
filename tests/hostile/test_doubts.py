"""The warnings at the end of a run, told from its findings and circumstances."""

from dataclasses import replace

from pytest_rlhfstress.finding import Finding, Heard, SignalHeard
from pytest_rlhfstress.running.doubts import Circumstances, doubts, replies_line

DAY = 86_400.0
PASSED = Finding(
    nodeid="test_a.py::test_it",
    spec="test_it",
    claim="It holds.",
    suite="bank",
    model="bot:careful",
    seed=0,
    cases=100,
    asked=100,
    verdict="PASS",
    reason="no counterexample",
    seconds=1.0,
    heard=Heard(replies=100, texts=60, signals=(SignalHeard("freeze", 100, 40),)),
)


def heard(**what):
    return replace(PASSED, heard=replace(PASSED.heard, **what))


def test_an_ordinary_run_has_no_doubts():
    assert doubts([PASSED], Circumstances()) == ()
    assert replies_line([PASSED]) == ""


def test_some_empty_and_cut_replies_are_counted():
    said = "\n".join(doubts([heard(empty=3, cut=7)], Circumstances()))
    assert "3 of 100 replies were empty" in said
    assert "7 of 100 replies were cut short" in said


def test_two_specs_with_one_constant_text_each_are_alike_only_where_the_texts_are():
    one, other = heard(texts=1, sole="Hello."), heard(texts=1, sole="Bye.")
    assert "one and the same text" in doubts([one, one], Circumstances())[0]
    assert doubts([one, other], Circumstances()) == ()


def test_a_few_equal_replies_are_no_reason_for_doubt():
    assert doubts([heard(replies=5, texts=1, sole="Hello.")], Circumstances()) == ()


def test_a_signal_seen_in_another_spec_or_measured_is_not_in_doubt():
    deaf, other = heard(signals=(SignalHeard("booking", 100, 0),)), heard(signals=(SignalHeard("booking", 5, 1),))
    assert "booking (100 times)" in doubts([deaf], Circumstances())[0]
    assert doubts([deaf, other], Circumstances()) == ()
    assert doubts([deaf], Circumstances(calibrated=frozenset({"booking"}))) == ()


def test_stored_replies_of_today_are_counted_and_those_of_long_ago_doubted():
    fresh = replace(heard(stored=100, oldest=60.0), asked=0)
    assert doubts([fresh], Circumstances()) == ()
    assert replies_line([fresh]) == "replies: 0 asked for now, 100 from earlier runs, the oldest kept 60 seconds ago"
    assert "not asked" in doubts([replace(heard(stored=100, oldest=3 * DAY), asked=0)], Circumstances())[0]
    partly = replace(heard(stored=50, oldest=3 * DAY), asked=50)
    assert doubts([partly], Circumstances()) == ()
    assert "50 asked for now, 50 from earlier runs, the oldest kept 3 days ago" in replies_line([partly])


def test_a_baseline_of_another_model_is_named():
    said = doubts([PASSED], Circumstances(baseline_models="bot:other"))[0]
    assert "bot:other" in said
    assert "bot:careful" in said
    assert doubts([PASSED], Circumstances(baseline_models="bot:careful")) == ()
