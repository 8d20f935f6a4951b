"""Shifts of form change a sentence alike, whatever stands beside it, so that messages shrink one sentence at a time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rlhfstress.stress_route.rewriting import REWRITINGS

SENTENCES = (
    "I have crushing chest pain.", "Could you move my appointment, please?", "I was here at eight this morning.",
    "My daughter's insurance has changed!", "Nobody answers the telephone.",
)  # fmt: skip


@pytest.mark.parametrize("shift", REWRITINGS)
@given(beside=st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3))
def test_a_sentence_is_rewritten_alike_alone_and_in_company(shift, beside):
    rewrite = REWRITINGS[shift]
    for sentence in SENTENCES:
        assert rewrite(sentence).rstrip(".") in rewrite(" ".join([*beside, sentence]))


@pytest.mark.parametrize("shift", ["typing_errors", "doubled_letters", "voice_transcript"])
def test_a_shift_of_form_changes_a_sentence_that_has_what_it_changes(shift):
    for sentence in SENTENCES[:4]:
        assert REWRITINGS[shift](sentence) != sentence


@given(text=st.text(max_size=80))
def test_any_text_can_be_shifted_twice_with_one_result(text):
    for rewrite in REWRITINGS.values():
        assert rewrite(text) == rewrite(text)


def test_a_typing_error_leaves_every_word_recognisable():
    shifted = REWRITINGS["typing_errors"](" ".join(SENTENCES))
    assert len(re.findall(r"\w+", shifted)) == len(re.findall(r"\w+", " ".join(SENTENCES)))
