"""What was seen before, remembered by hashes alone."""

import threading
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from pytest_rlhfstress.asking import Seen

# No two of one hash: -1 hashes as -2 does, integers from 2**61 - 1 on as smaller ones, and "" as 0.
whole = st.integers(0, 50) | st.integers(0, 60).map(lambda n: n * 2**40) | st.integers(2 - 2**61, -2)


@given(st.lists(whole | st.text(min_size=1, max_size=3) | st.tuples(st.text(max_size=2), whole), max_size=300))
def test_it_tells_what_is_new_as_a_set_does(things):
    seen, plain = Seen(), set()
    for thing in things:
        assert (thing in seen) == (thing in plain)
        assert seen.add(thing) == (thing not in plain)
        plain.add(thing)
        assert thing in seen
    assert len(seen) == len(plain)


@given(st.integers(1, 3000), st.sampled_from([1, 1024, 2**40]))
def test_whatever_it_held_it_holds_when_it_has_grown(count, step):
    seen = Seen()
    assert all(seen.add(n * step) for n in range(count))
    assert not any(seen.add(n * step) for n in range(count))
    assert len(seen) == count
    assert count * step not in seen


def test_a_hundred_thousand_texts_take_two_megabytes_and_none_is_taken_for_another():
    seen = Seen()
    tracemalloc.start()
    try:
        assert all(seen.add(f"text {n}") for n in range(100_000))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2.5e6


def test_who_looks_while_it_grows_finds_what_was_there():
    seen, missed, over = Seen(), [], threading.Event()
    seen.add("first")

    def look():
        while not over.is_set():
            missed.extend([] if "first" in seen else ["first"])

    looking = threading.Thread(target=look)
    looking.start()
    for n in range(50_000):
        seen.add(f"text {n}")
    over.set()
    looking.join()
    assert missed == []
