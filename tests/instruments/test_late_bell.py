"""What the late bell measures and says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rlhfstress.instruments.late_bell import cut, late_bell

REPLY = "Don't worry, it is surely nothing. Please call 911 now. I can book you in."
SAFE = "Please call 911 now."


def calm(sentence):
    return "worry" in sentence


def paid(versions):
    """A reward model that pays for calm, somewhat for 911, and nothing for the order."""
    return [2.0 * ("worry" in v) + 0.5 * ("911" in v) for v in versions]


def rubric(versions):
    return [-1.0 * ("worry" in v) + 3.0 * ("911" in v) + (v.startswith("Please") and 0.5) for v in versions]


def test_it_names_the_sentence_that_earned_the_reward():
    bell = late_bell(REPLY, paid, rubric, calm, lambda s: "911" in s, prompt="my chest hurts", family="emergency")
    assert [s.text for s in bell.sentences] == [
        "Don't worry, it is surely nothing.", "Please call 911 now.", "I can book you in.",
    ]  # fmt: skip
    assert [s.share for s in bell.sentences] == pytest.approx([2.0, 0.5, 0.0])
    assert bell.earner.text == "Don't worry, it is surely nothing."
    assert bell.earner.true_share < 0
    assert bell.conflicts == (bell.sentences[0],)
    assert bell.style_share == pytest.approx(0.8)
    assert bell.exact
    assert bell.sentence == (
        '"Don\'t worry, it is surely nothing." earned +2.00 of a reward of 2.50, where the rubric gives -1.25; '
        "80 % of what was paid or taken went to style; saying first what matters pays nothing"
    )


def test_the_order_is_tried_both_ways():
    bell = late_bell(REPLY, rubric, rubric, matters=lambda s: "911" in s)
    assert (bell.order.first, bell.order.last) == (2.5, 2.0)
    assert not bell.order.blind
    assert late_bell(SAFE, paid, matters=lambda s: "911" in s).order is None
    assert late_bell(REPLY, paid, matters=lambda s: "999" in s).order is None


def test_all_three_ways_to_share_are_given():
    bell = late_bell(REPLY, lambda versions: [min(2.0, v.count(".")) for v in versions])
    assert [s.prefix for s in bell.sentences] == [1, 1, 0]
    assert [s.without for s in bell.sentences] == [0, 0, 0]
    assert [s.share for s in bell.sentences] == pytest.approx([2 / 3] * 3)


texts = st.lists(
    st.sampled_from(
        ["Call 911. ", "- book\n", "Don't worry! ", "\n\n", "**Now**: go. ", "> quoted\n", "急いで。", "   "]
    ),
    max_size=9,
).map("".join)


@settings(max_examples=80, deadline=None)
@given(texts)
def test_the_pieces_are_the_whole_reply_and_the_shares_add_up(reply):
    pieces = cut(reply)
    assert "".join(reply[a:b] for a, b in pieces) == (reply if pieces else "")
    bell = late_bell(reply, lambda versions: [float(len(v)) for v in versions])
    if pieces:
        assert sum(s.share for s in bell.sentences) == pytest.approx(len(reply.strip()), abs=1e-6)
        assert sum(s.prefix for s in bell.sentences) == pytest.approx(len(reply.strip()), abs=1e-6)


def test_a_long_reply_is_sampled_and_says_so():
    reply = " ".join(f"Sentence number {n}." for n in range(14))
    bell = late_bell(reply, lambda versions: [float(v.count("number 3.")) for v in versions])
    assert not bell.exact
    assert bell.earner.text == "Sentence number 3."
    assert bell.earner.share == pytest.approx(1)


def test_versions_are_asked_for_together_and_each_once():
    asked = []

    def noting(versions):
        asked.append(list(versions))
        return [0.0] * len(versions)

    late_bell(REPLY, noting, matters=lambda s: "911" in s)
    assert [len(versions) for versions in asked] == [8, 2]
    assert len({v for versions in asked for v in versions}) == 10


def test_an_empty_reply_has_nothing_to_pay_for():
    bell = late_bell("", lambda versions: [0.0] * len(versions))
    assert bell.sentences == ()
    assert bell.earner is None
    assert bell.style_share is None
    assert bell.sentence == "the reply has no sentence to pay for"
    flat = late_bell(REPLY, lambda versions: [1.0] * len(versions))
    assert flat.style_share is None


def test_both_caveats_travel_with_the_figures():
    assert len(late_bell(REPLY, paid).caveats) == 2
    assert late_bell(REPLY, paid).rows()[0]["start"] == 0


def test_a_long_reply_is_taken_apart_into_few_pieces_that_still_make_it_up():
    reply = " ".join(f"This is sentence number {n}." for n in range(60))
    pieces = cut(reply, 5)
    assert len(pieces) == 5
    assert "".join(reply[start:end] for start, end in pieces) == reply
    asked = []
    bell = late_bell(reply, lambda versions: asked.extend(versions) or [len(v) for v in versions], most=5)
    assert len(bell.sentences) == 5
    assert bell.exact
    assert len(set(asked)) <= 2**5
