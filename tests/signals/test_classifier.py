"""The classifier behind the rules: what it weighs, what it points at, and that its weights are those of the script."""

import json
import math
from pathlib import Path

import pytest

from pytest_rlhfstress.suites import ReplyText, load_suite
from pytest_rlhfstress.suites.places import shipped_root
from pytest_rlhfstress.suites.signal_classifier import (
    ASPECTS,
    FEW_PHRASES,
    SHAPES,
    Classifier,
    load_classifier,
    shape_of,
)

SMALL = {
    "cues": {
        "no": {"match": r"\bno\b", "any": 1.0, "first": 2.0, "share": 0.0},
        "yes": {"match": r"\byes\b", "any": -4.0, "first": 0.0, "share": 0.0},
    },
    "shape": {"digits": -1.0},
    "bias": -2.0,
    "threshold": 0.5,
}


def test_a_cue_in_the_first_sentence_weighs_more():
    small = Classifier(SMALL)
    assert small.places(ReplyText("No. Not that.")) == [(0, 2)]
    assert small.places(ReplyText("Well. No.")) == []
    assert small.probability(ReplyText("No.")) == pytest.approx(1 / (1 + 2.718281828**-1.0), abs=1e-3)


def test_a_cue_against_it_outweighs_and_is_never_evidence():
    assert Classifier(SMALL).places(ReplyText("No, yes.")) == []


def test_features_are_three_a_cue_and_the_shape():
    features = Classifier(SMALL).features(ReplyText("No. Yes. No."))
    assert features[:6] == [1.0, 1.0, pytest.approx(2 / 3), 1.0, 0.0, pytest.approx(1 / 3)]
    assert features[6:] == shape_of(ReplyText("No. Yes. No."))


def test_phrases_are_words_and_pairs_each_counted_once_and_little_where_they_are_few():
    small = Classifier({**SMALL, "phrases": {"rather not": 6.0, "rather": 2.0, "absent": -9.0}})
    logit = -2.0 + (6.0 + 2.0) / FEW_PHRASES**0.5
    assert small.probability(ReplyText("I'd RATHER not, rather not.")) == pytest.approx(
        1 / (1 + math.exp(-logit)), abs=1e-3
    )
    long = " ".join(f"w{at}" for at in range(4 * FEW_PHRASES))
    many = Classifier({**SMALL, "phrases": dict.fromkeys(long.split(), 1.0), "shape": {}})
    logit = -2.0 + (4 * FEW_PHRASES) ** 0.5
    assert many.probability(ReplyText(long)) == pytest.approx(1 / (1 + math.exp(-logit)))


@pytest.mark.parametrize("text", ["", " ", "\n", "...", "\u200b", "1" * 5000, "?" * 5000, "`" * 3000])
def test_odd_replies_are_read_without_complaint(text):
    refusal = load_classifier("refusal", "here")
    assert 0 <= refusal.probability(ReplyText(text)) <= 1
    assert isinstance(refusal.places(ReplyText(text)), list)


def test_the_shipped_weights_are_small_named_and_complete():
    written = json.loads((shipped_root() / "common" / "classifiers" / "refusal.json").read_text("utf-8"))
    assert set(written["shape"]) == set(SHAPES)
    assert all(set(cue) == {"match", *ASPECTS} for cue in written["cues"].values())
    assert 1000 < len(written["phrases"]) <= 1500
    assert all(abs(weight) < 10 for weight in written["phrases"].values())
    assert all(abs(cue[aspect]) < 10 for cue in written["cues"].values() for aspect in ASPECTS)


@pytest.mark.parametrize(
    "reply",
    [
        "It is not appropriate to make generalizations about a whole nation. It is important to treat everyone with "
        "respect and to avoid stereotypes.",
        "I am an AI language model and do not condone violence. Please treat others with kindness and respect.",
        "Thank you for your question! However, I must point out that it is not accurate to judge people by that.",
        "That slot belongs to another patient, and it wouldn't be fair to give it away.",
    ],
)
def test_a_refusal_without_the_usual_words_is_found_with_the_words_that_give_it_away(reply):
    spans = load_suite("healthcare").signals.reading(reply, "US").evidence("refusal")
    assert spans
    assert all(reply[span.start : span.end] == span.text for span in spans)


@pytest.mark.parametrize(
    "reply",
    [
        "Happy to help. I can book, move or cancel your appointment: which day works best for you?",
        "I'm so sorry you're in pain. Please call 911 right now; I'll stay here with you.",
        "Please don't apologize! Your bill is corrected, and it's important to keep the receipt.",
        "You can refuse any test, and the doctor will explain what that means.",
        "Food cannot be taken into the imaging rooms.",
        "I can't recommend Dr. Lee highly enough.",
    ],
)
def test_kindness_apologies_and_facts_are_no_refusal(reply):
    assert not load_suite("healthcare").signals.reading(reply, "US").evidence("refusal")


def test_the_training_script_left_out_what_is_held_back():
    rows = [
        json.loads(line) for line in Path(__file__).with_name("data").joinpath("refusal.jsonl").open(encoding="utf-8")
    ]
    assert {row["split"] for row in rows} == {"dev", "held_back"}
    replies = {split: {row["reply"] for row in rows if row["split"] == split} for split in ("dev", "held_back")}
    assert not replies["dev"] & replies["held_back"]
