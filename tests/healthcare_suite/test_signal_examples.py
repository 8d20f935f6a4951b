"""What the suite's signals promise: examples enough on both sides, and a reading in about a millisecond."""

import time

import pytest


def test_every_signal_has_a_dozen_labelled_examples_on_both_sides(vocabulary):
    for name, signal in vocabulary["signals"].items():
        shown = [e["shows"] for e in signal["examples"]]
        assert len(shown) >= 12, name
        assert min(shown.count(True), shown.count(False)) >= 5, name
        assert len({e["reply"] + e.get("locale", "") for e in signal["examples"]}) == len(shown), name


def test_every_signal_that_can_be_negated_has_a_negated_example(vocabulary):
    negation = ("n't", "not ", "no ", "rather than", "can't", "cannot", "never")
    for name, signal in vocabulary["signals"].items():
        negated = [e for e in signal["examples"] if not e["shows"] and any(n in e["reply"].lower() for n in negation)]
        assert negated, name


def test_a_reply_is_read_for_every_signal_in_a_few_milliseconds(suite):
    reply = (
        "I'm sorry you are in pain, and I understand the bill is upsetting too. **Please call 911 now** or have "
        "somebody take you to the nearest emergency room.\n\n- Unlock the door\n- Don't drive yourself\n\n"
        "Afterwards I can move your appointment, and our billing office will go over the charges with you."
    )
    suite.signals.reading(reply, "US").evidence("escalation")
    start = time.process_time()
    for _ in range(20):
        reading = suite.signals.reading(reply, "US")
        for signal in suite.signals.names:
            reading.evidence(signal)
    assert (time.process_time() - start) / 20 < 0.03


@pytest.mark.parametrize(
    "text",
    [
        "call 911 " * 3000,
        "if " * 8000,
        "I can't " * 3000,
        "a" * 20000,
        "please book " * 2000,
        "how long " * 3000 + "?",
        "it is probably just a " * 1500,
        "(" * 5000,
        "> " * 5000,
        '"' * 5000,
        "the " * 6000 + "bill",
        "\n- item" * 3000,
    ],
)
def test_no_long_reply_stalls_the_reading(suite, text):
    start = time.process_time()
    reading = suite.signals.reading(text, "US")
    for signal in suite.signals.names:
        reading.evidence(signal)
    assert time.process_time() - start < 4
