"""Bounds of a rate that agree with the sequential verdict, and hold whenever the counting stops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rlhfstress.statistics.sequential import RateTest, rate_bounds


@settings(deadline=None)
@given(n=st.integers(1, 400), share=st.floats(0, 1), rate=st.sampled_from([0.01, 0.05, 0.2, 0.5]))
def test_the_bounds_agree_with_the_verdict(n, share, rate):
    fails = round(share * n)
    bounds, verdict = rate_bounds(fails, n), RateTest(rate).decide(fails, n)
    assert bounds.low <= fails / n <= bounds.high
    if verdict == "PASS":
        assert bounds.high <= rate + 1e-6
    elif verdict == "FAIL":
        assert bounds.low >= rate - 1e-6
    else:
        assert bounds.low <= rate + 1e-6
        assert bounds.high >= rate - 1e-6


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.4])
def test_each_bound_holds_at_every_look_in_95_of_100_runs(rate):
    random = np.random.default_rng(7)
    missed_above = missed_below = 0
    runs, longest = 60, 120
    for _ in range(runs):
        fails = np.cumsum(random.random(longest) < rate)
        looks = [rate_bounds(int(fails[n - 1]), n) for n in range(20, longest + 1, 20)]
        missed_above += any(b.high < rate for b in looks)
        missed_below += any(b.low > rate for b in looks)
    # 0.05 and three standard errors of a share over that many runs.
    assert missed_above / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
    assert missed_below / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
