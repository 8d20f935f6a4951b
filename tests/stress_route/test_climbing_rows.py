"""Guided rows climb to the cases worth most, of several kinds, and never outside what the spec asks for."""

import pytest
from hypothesis import given

from pytest_rlhfstress.clinic import clinic_for
from pytest_rlhfstress.running.engine_settings import Search, adjust
from pytest_rlhfstress.running.guiding import surely_misjudged
from pytest_rlhfstress.stress_route import SuiteComposer, request_of, sample_drawn, stream_seed
from pytest_rlhfstress.stress_route.climbing import PER_MATTER, climbing_rows
from pytest_rlhfstress.stress_route.drawing import cases

WANTED = {"duty:stroke", "intent:refill", "pressure:anger", "shift:shouting"}
NEVER = float("-inf")


def request(**where):
    return request_of(cases("healthcare", **where))


def held(case):
    return len(WANTED & set(map(str, case.ingredients)))


@pytest.mark.parametrize("seed", range(5))
def test_the_best_row_holds_what_a_random_case_hardly_ever_holds(seed):
    asked = request(urgency="emergency")
    composer = SuiteComposer(asked.suite, asked.locale)
    rows = climbing_rows(asked, lambda some: [float(held(case)) for case in some], 10, seed)
    best = composer.compose(tuple(i for i in rows[0] if i is not None))
    at_random = max(held(case) for case in sample_drawn(asked, 720, seed))
    assert held(best) >= 3
    assert held(best) >= at_random


def test_rows_are_of_several_kinds_and_fit_the_slots():
    asked = request(urgency="emergency", intent=True)
    rows = climbing_rows(asked, lambda some: [1.0] * len(some), 30, 0)
    assert len(rows) == 30
    for row in rows:
        assert all(content is None or content in slot.options for slot, content in zip(asked.slots, row, strict=True))
        assert all(content is not None for slot, content in zip(asked.slots, row, strict=True) if slot.required)
    duties = [str(i) for row in rows for i in row if i is not None and i.category == "duty"]
    assert len(set(duties)) >= 30 // (4 * PER_MATTER)


def test_cases_of_no_worth_make_no_rows():
    assert climbing_rows(request(urgency="emergency"), lambda some: [NEVER] * len(some), 10, 0) == []


def test_the_reward_model_points_to_messages_whose_matter_it_overlooks():
    worth = surely_misjudged(lambda: clinic_for("clinic").reward)
    plain = list(sample_drawn(request(urgency="emergency", intent=None), 20, 0))
    assert set(worth(plain)) == {NEVER}
    asked = request(urgency="emergency", intent=True)
    composer = SuiteComposer(asked.suite, asked.locale)
    rows = climbing_rows(asked, worth, 10, 0)
    guided = worth([composer.compose(tuple(i for i in row if i is not None)) for row in rows])
    at_random = worth(list(sample_drawn(asked, 100, 0)))
    assert min(guided) > sorted(at_random)[-10]
    assert min(guided) > 0


@pytest.mark.parametrize("seed", range(3))
def test_guided_cases_are_asked_in_the_order_of_their_worth_and_before_all_others(seed):
    @given(case=cases("healthcare", urgency="emergency"))
    def spec(case):
        asked.append(case)

    def worth(some):
        # In steps finer than a count of ingredients, so that few of the rows are worth the same.
        return [held(case) + len(case.text) / 10_000 for case in some]

    asked = []
    wanted = request(urgency="emergency")
    adjust(spec, wanted, Search(100, True, 2, seed, guided=10, worth=worth))
    spec()
    composer = SuiteComposer(wanted.suite, wanted.locale)
    rows = climbing_rows(wanted, worth, 10, stream_seed(wanted, seed))
    guided = [composer.compose(tuple(i for i in row if i is not None)).text for row in rows]
    assert [case.text for case in asked[:10]] == guided
