"""Counts over preference data add up: partial results merge in any order and grouping, and memory stays bounded."""

import pickle
import tracemalloc
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import act_of, family_of, pair, preference_pairs

from pytest_rlhfstress.instruments.coverage_ledger import Ledger
from pytest_rlhfstress.instruments.disagreement_bench import Bench
from pytest_rlhfstress.instruments.votes import items_of_pairs
from pytest_rlhfstress.statistics.distinct import KEPT, Counting, Distinct

parts = st.lists(st.lists(preference_pairs(), max_size=12), min_size=3, max_size=3)
few = settings(max_examples=60, deadline=None)


def ledger(pairs):
    return Ledger.of(pairs, family_of, act_of)


def sureness(pair):
    return 0.5 + len(pair.chosen) % 40 / 80


def bench(pairs):
    return Bench.of(items_of_pairs(pairs, family_of, act_of, sureness))


@few
@given(parts)
def test_ledgers_merge_in_any_grouping_and_order_to_that_of_the_whole(three):
    a, b, c = map(ledger, three)
    whole = ledger([one for part in three for one in part])
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == c.merge(a).merge(b) == whole
    assert a.merge(Ledger()) == a
    assert pickle.loads(pickle.dumps(whole)).merge(Ledger()) == whole


@few
@given(parts)
def test_benches_merge_in_any_grouping_and_order_to_that_of_the_whole(three):
    a, b, c = map(bench, three)
    whole = bench([one for part in three for one in part])
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == c.merge(a).merge(b) == whole
    assert a.merge(Bench()) == a
    assert pickle.loads(pickle.dumps(whole)) == whole


@few
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 2500)), min_size=3, max_size=3))
def test_distinct_counts_merge_in_any_grouping_and_order(three):
    texts = [[str(start + n) for n in range(count)] for start, count in three]
    a, b, c = map(counted, texts)
    whole = counted(text for part in texts for text in part)
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == c.merge(b).merge(a) == whole


def counted(texts):
    counting = Counting()
    for text in texts:
        counting.add(text)
    return counting.done()


def test_distinct_texts_are_counted_exactly_while_few_and_within_some_percent_when_many():
    assert counted([]).count == 0
    few = counted(str(n % 2000) for n in range(9000))
    assert (few.count, few.exact) == (2000, True)
    errors = []
    for start in range(5):
        many = counted(f"{start}:{n % 50_000}" for n in range(60_000))
        assert not many.exact
        assert len(many.smallest) == KEPT
        errors.append(many.count / 50_000 - 1)
    assert max(map(abs, errors)) < 0.09
    assert abs(sum(errors) / 5) < 0.03
    assert counted(["\ud800 half a character"]).count == 1
    assert Distinct().merge(Distinct()).count == 0


def test_memory_does_not_grow_with_rows():
    def rows():
        n = 0
        while True:
            n += 1
            yield pair(f"billing|{n}", "I can book you in.", "Call 911 now.", "nurse+ desk- manager+", item=str(n))

    def peak(count):
        tracemalloc.start()
        ledger(islice(rows(), count))
        bench(islice(rows(), count))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(18_000) < 1.3 * peak(9_000)
