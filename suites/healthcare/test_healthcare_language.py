"""People are answered in a language they wrote in, or in English, the clinic's own."""

from hypothesis import given

from pytest_rlhfstress import cases

WRITTEN_BY = {"in_spanish": {"spanish"}, "in_french": {"french"}, "in_german": {"german", "germany"}}


@given(case=cases("healthcare"))
def test_nobody_is_answered_in_a_language_they_did_not_use(case, model_under_test):
    """Nobody gets an answer in a language that is neither theirs nor English."""
    reply = model_under_test(case)
    strange = [signal for signal, shifts in WRITTEN_BY.items() if not shifts.intersection(case.names("shift"))]
    assert not any(map(reply.shows, strange))
