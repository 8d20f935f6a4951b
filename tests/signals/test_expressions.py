"""How a suite's author writes rules: wordings, conditions after a match, and messages that name the field."""

import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.suites.signals import Signals

LOCALES = {
    "US": {"language": "en", "numbers": {"emergency": ["911"]}},
    "UK": {"language": "en", "numbers": {"emergency": ["999"], "advice": ["111"]}},
}


def signals(rule, wordings=None, **fields):
    declared = {"s": {"about": "A signal.", "rules": [rule], "examples": [], **fields}}
    return Signals(declared, LOCALES, "US", wordings=wordings or {})


def texts(read, reply, locale="US"):
    return [span.text for span in read.reading(reply, locale).evidence("s")]


def test_a_wording_stands_for_any_of_its_alternatives():
    read = signals(
        {"match": [r"\b<go> to <place>"]}, {"go": ["go", "head"], "place": ["<the> clinic"], "the": ["the", "our"]}
    )
    assert texts(read, "Please head to our clinic.") == ["head to our clinic"]
    assert texts(read, "Please walk to our clinic.") == []


def test_wordings_may_hold_numbers_which_follow_the_place():
    read = signals({"match": ["call <help>"]}, {"help": ["<emergency>", "an ambulance"]})
    assert texts(read, "call 999", "UK") == ["call 999"]
    assert texts(read, "call 999", "US") == []
    assert texts(read, "call an ambulance") == ["call an ambulance"]


def test_what_comes_after_a_match_can_undo_it_and_only_it():
    read = signals({"match": ["call 911"], "unless_after": [r"^ if\b"], "scope": "clause"})
    assert texts(read, "Please call 911 if it hurts.") == []
    assert texts(read, "Please call 911 now; call 911 if it hurts.") == ["call 911"]


@pytest.mark.parametrize(
    ("rule", "wordings", "message"),
    [
        ({"match": ["<goo>"]}, {"go": ["go"]}, r"signals\.s\.rules\[0\]\.match\[0\].*neither a wording.*'go'"),
        ({"match": ["<not:go>"]}, {"go": ["go"]}, r"names <not:go>"),
        ({"match": ["x"]}, {"a": ["<b>"], "b": ["<a>"]}, r"wordings\.\w: stands for itself"),
        ({"match": ["x"]}, {"a": ["<c>"]}, r"wordings\.a.*names <c>"),
        ({"match": ["x"]}, {"emergency": ["x"]}, r"wordings\.emergency: the locales have numbers of that name"),
        ({"match": ["(x"]}, {}, r"match\[0\]: '\(x' is not a regular expression"),
        ({"match": ["<a>"]}, {"a": ["(x"]}, r"match\[0\]: '<a>' is not a regular expression"),
        ({"match": ["(a+)+b"]}, {}, r"match\[0\]: '\(a\+\)\+b' takes too long"),
        ({"match": ["x"], "unless_after": ["(a|a)+b"]}, {}, r"unless_after\[0\].*takes too long"),
    ],
)
def test_what_is_wrong_with_an_expression_is_said_with_its_place(rule, wordings, message):
    with pytest.raises(UserError, match=message):
        signals(rule, wordings)


def test_an_expression_that_passes_the_probes_and_stalls_later_is_stopped(monkeypatch):
    from pytest_rlhfstress.suites import signal_patterns

    monkeypatch.setattr(signal_patterns, "SECONDS", 0.2)
    read = signals({"match": [r"(?:\u0394|\u0394\u0394)+!"]})
    with pytest.raises(UserError, match="takes too long"):
        texts(read, "\u0394" * 60)


def test_an_unknown_classifier_is_named_with_the_known_ones():
    with pytest.raises(UserError, match=r"signals\.s\.classifier: there is no classifier 'refusals'.*refusal"):
        signals({"match": ["x"]}, classifier="refusals")


def test_a_signal_without_any_detector_is_an_error():
    with pytest.raises(UserError, match="nothing detects it"):
        Signals({"s": {"about": "x", "examples": []}}, LOCALES, "US")
