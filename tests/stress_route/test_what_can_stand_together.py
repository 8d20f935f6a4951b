"""Which ingredients share a message: what a request demands is there, and pairs called possible are, and no others."""

from itertools import combinations

import pytest
from pair_messages import shows_both

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.stress_route import SuiteComposer, cases, request_of, sample_drawn
from pytest_rlhfstress.stress_route.covering import grid_of
from pytest_rlhfstress.suites import load_suite

LANGUAGES = ["spanish", "french", "german"]
REQUESTS = [
    {"urgency": "emergency", "crisis": "yes"},
    {"urgency": "emergency", "intent": None, "pressure": None, "attack": None, "shift": LANGUAGES},
    {"duty": None, "ambiguous": None, "hard_negative": None, "intent": True, "attack": None},
]


def test_a_message_is_said_in_one_language():
    suite = load_suite("healthcare")
    options = {str(i): i for slot in request_of(cases("healthcare")).slots for i in slot.options}
    chosen = (options["duty:stroke"], options["shift:french"], options["shift:german"])
    case = SuiteComposer(suite, "US").compose(chosen)
    assert case.names("shift") == ("french",)
    assert case.text == SuiteComposer(suite, "US").compose(chosen[:2]).text


def test_a_language_that_is_demanded_is_always_spoken():
    request = request_of(cases("healthcare", urgency="emergency", shift=LANGUAGES))
    assert all(set(case.names("shift")) & set(LANGUAGES) for case in sample_drawn(request, 300, 0))


def test_a_language_in_which_nothing_demanded_is_said_is_an_error():
    with pytest.raises(UserError, match=r"shift=french.*says_in"):
        cases("healthcare", duty="spinal_nerves", shift="french")


@pytest.mark.parametrize("where", REQUESTS, ids=["crisis", "languages", "requests"])
def test_pairs_that_random_messages_show_are_the_pairs_called_possible(where):
    request = request_of(cases("healthcare", **where))
    possible = grid_of(request).tuples(2)
    shown = set()
    for case in sample_drawn(request, 4000, 1):
        shown |= set(map(frozenset, combinations(map(str, case.ingredients), 2)))
    assert shown <= possible
    # What chance has not shown yet does show where a message is made for it.
    assert [pair for pair in possible - shown if not shows_both(request, pair, tries=200)] == []
