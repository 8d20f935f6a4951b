"""The corrected rate covers the true one as often as it claims, whichever way a spec reads its signal."""

import numpy as np
import pytest

from pytest_rlhfstress.finding import RateFound
from pytest_rlhfstress.instruments.detector_calibration import SignalCalibration
from pytest_rlhfstress.running.rate_correction import Read, corrected
from pytest_rlhfstress.statistics.sequential import rate_bounds


def found(broken):
    fails, n = int(sum(broken)), len(broken)
    bounds = rate_bounds(fails, n, 0.95)
    return RateFound(0.05, 0.95, fails, n, bounds.low, bounds.high, 0, "g@1", "INCONCLUSIVE")


@pytest.mark.parametrize("shown_breaks", [True, False])
def test_the_interval_holds_the_true_rate_at_least_as_often_as_it_claims(shown_breaks):
    random = np.random.default_rng(5)
    sensitivity, specificity, true_rate, held, runs = 0.85, 0.93, 0.2, 0, 300
    widths = []
    for _ in range(runs):
        there = random.random(150) < (true_rate if shown_breaks else 1 - true_rate)
        shown = np.where(there, random.random(150) < sensitivity, random.random(150) > specificity)
        broken = shown if shown_breaks else ~shown
        tp, fp = random.binomial(120, sensitivity), random.binomial(120, 1 - specificity)
        detector = SignalCalibration("alarm", tp, fp, 120 - tp, 120 - fp)
        reads = [Read({"alarm": bool(s)}, bool(b)) for s, b in zip(shown, broken, strict=True)]
        rate, why_not = corrected(found(broken), reads, {"alarm": detector})
        assert why_not == ""
        assert 0 <= rate.low <= rate.rate <= rate.high <= 1
        held += rate.low <= true_rate <= rate.high
        widths.append(rate.high - rate.low)
    assert held / runs >= 0.95
    assert np.mean(widths) < 0.5


GOOD = SignalCalibration("alarm", 90, 5, 10, 95)


@pytest.mark.parametrize(
    ("reads", "measured", "said"),
    [
        ([Read({"alarm": True, "other": False}, True)] * 9, {"alarm": GOOD}, "it rests on alarm, other"),
        ([Read({}, True)] * 9, {"alarm": GOOD}, "no signal"),
        ([Read({"alarm": True}, True)] * 8 + [Read({"alarm": True}, True, 2)], {"alarm": GOOD}, "several replies make"),
        ([Read({"alarm": True}, True), Read({"alarm": True}, False)], {"alarm": GOOD}, "not that of alarm alone"),
        ([Read({"alarm": True}, True)] * 9, {"other": GOOD}, "too few labelled replies"),
        ([Read({"alarm": True}, True)] * 9, {"alarm": SignalCalibration("alarm", 5, 0, 0, 0)}, "too few labelled"),
        ([Read({"alarm": True}, True)] * 9, {"alarm": SignalCalibration("alarm", 5, 5, 5, 5)}, "better than chance"),
        ([Read({"alarm": True}, True)] * 9, {}, ""),
        ([], {"alarm": GOOD}, ""),
    ],
)
def test_what_cannot_be_corrected_says_why(reads, measured, said):
    rate, why_not = corrected(found([read.broken for read in reads] or [False]), reads, measured)
    assert rate is None
    assert said in why_not
