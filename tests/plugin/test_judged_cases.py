"""What a run keeps of the cases it judged: counts, and the last of them whole."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from pytest_rlhfstress.conversation import Ingredient
from pytest_rlhfstress.running.judged_cases import RECENT, Judged, JudgedCases

ingredients = st.lists(
    st.builds(Ingredient, st.sampled_from(["duty", "intent", "shift"]), st.sampled_from("abc"), st.just("words")),
    max_size=4,
    unique_by=str,
).map(tuple)
noted = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["urgent", "plain"]), ingredients, st.booleans()))


@given(noted, st.sampled_from([2, 3]))
def test_the_counts_are_those_of_the_cases_themselves(noted, strength):
    judged, first = JudgedCases(strength), {}
    for key, family, held, broken in noted:
        assert judged.note(key, family, Judged(held, broken)) == (key not in first)
        first.setdefault(key, (family, held, broken))
    assert len(judged) == len(first)
    for family in ("urgent", "plain"):
        assert judged.tried[family] == sum(f == family for f, _, _ in first.values())
        assert judged.failing[family] == sum(f == family and broken for f, _, broken in first.values())
    sets = {frozenset(map(str, some)) for _, held, _ in first.values() for some in combinations(held, strength)}
    assert judged.occurred == sets
    assert [*judged.recent] == [Judged(held, broken) for _, held, broken in first.values()]


def test_of_many_cases_only_the_last_stay_whole():
    judged = JudgedCases(2)
    for key in range(RECENT + 100):
        judged.note(key, "plain", Judged((), False))
    assert (len(judged), judged.tried["plain"], len(judged.recent)) == (RECENT + 100, RECENT + 100, RECENT)
