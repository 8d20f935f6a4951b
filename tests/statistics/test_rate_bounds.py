"""Bounds of a rate that agree with the sequential verdict, and hold whenever the counting stops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulations import counted

from pytest_rlhfstress.running.rates import RateClaim, Tally
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


def test_bounds_of_families_hold_though_the_counting_stops_at_a_verdict():
    random = np.random.default_rng(11)
    found = [family for _ in range(300) for family in counted(random, 0.15, 0.05).families]
    assert len(found) > 1000
    assert np.mean([family.low <= 0.15 for family in found]) >= 0.95
    assert np.mean([family.high >= 0.15 for family in found]) >= 0.95


def test_a_family_is_hardly_ever_called_worse_than_the_claim_where_none_is():
    random = np.random.default_rng(12)
    runs = [counted(random, 0.05, 0.05).families for _ in range(150)]
    assert sum(any(family.adjusted_p <= 0.05 for family in families) for families in runs) <= 0.05 * len(runs)


def test_a_family_that_is_far_worse_than_the_claim_is_named():
    tally = Tally(RateClaim(0.05), 1, [("good", 0)] * 40 + [("bad", 1)] * 6 + [("bad", 0)] * 4)
    found = tally.found(0, "simulated")
    assert found.families[0].family == "bad"
    assert found.families[0].adjusted_p <= 0.05
    assert (
        f"of 2 families surely above the claim: bad (6 of 10, at least {found.families[0].low:.1%})" in found.sentence
    )
    alike = Tally(RateClaim(0.05), 1, [("good", 0)] * 40 + [("other", 0)] * 40).found(0, "simulated")
    assert "of 2 families none is surely above the claim" in alike.sentence
