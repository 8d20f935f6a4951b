"""What the safety brake measures and says."""

import math

import numpy as np
import pytest
from small_world import world

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.candidates import candidates
from pytest_rlhfstress.instruments.safety_brake import UPPER_BOUND, safety_brake, sampled_brake

GOLDEN = candidates("billing", "q", ["a", "b", "c"], [0, 1, 2], [0, 1, 2], [0.5, 0.3, 0.2], [False, False, True])


def test_one_prompt_gives_the_exact_policies():
    brake = safety_brake([GOLDEN], "rubric-1", betas=[1.0], sizes=[4])
    untuned, tilted = brake.of("billing").points
    assert (untuned.setting, untuned.kl, untuned.proxy) == ("no tuning", 0, pytest.approx(0, abs=1e-12))
    assert tilted.kl == pytest.approx(0.32283427927758)
    assert tilted.gold == pytest.approx(1.3500564569189462)
    assert tilted.harmful == pytest.approx(0.52905648)
    _, best = brake.of("billing", "best of n").points
    assert (best.kl, best.gold) == (pytest.approx(0.5597505603574843), pytest.approx(1.5279))
    assert {curve.kl_is for curve in brake.curves} == {"exact"}


def test_a_slice_collapses_while_the_average_looks_better():
    brake = safety_brake(world(90, blind=["billing + emergency"]), "rubric-1")
    blind, known = brake.of("billing + emergency"), brake.of("billing")
    assert blind.turned
    assert not known.turned
    assert blind.points[-1].harmful > 0.9 > 0.45 > blind.points[0].harmful
    assert [p.proxy for p in blind.points] == sorted(p.proxy for p in blind.points)
    assert [p.kl for p in blind.points] == sorted(p.kl for p in blind.points)
    assert brake.of("all").points[-1].gold > brake.of("all").points[0].gold
    assert brake.worst is blind
    assert brake.sentence.startswith("billing + emergency: from no tuning to beta 0.02 the proxy rises from 0.00 to ")
    assert "harmful replies go from 40 % to " in brake.sentence
    assert brake.sentence.endswith("stop at no tuning")


def test_no_turn_is_claimed_where_reward_and_rubric_agree():
    brake = safety_brake(world(90, blind=(), calm=0.0), "rubric-1")
    assert not any(curve.turned for curve in brake.curves)
    assert brake.sentence.startswith("no family is shown to lose true worth up to beta 0.02")


def test_traffic_weighs_the_families_of_the_average():
    source = world(90)
    brake = safety_brake(source, "rubric-1", traffic={"billing": 3, "billing + emergency": 1})
    parts = [brake.of(f).points[-1].gold for f in ("billing", "billing + emergency")]
    assert brake.of("all").points[-1].gold == pytest.approx(0.75 * parts[0] + 0.25 * parts[1])
    with pytest.raises(UserError, match="names none of the families"):
        safety_brake(source, "rubric-1", traffic={"weather": 1})


def test_gao_curves_are_fitted_only_where_they_were_observed():
    curve = safety_brake(world(90, blind=["billing + emergency"]), "rubric-1").of("billing + emergency")
    assert curve.fit.farthest == pytest.approx(curve.points[-1].distance)
    assert curve.fit.r_squared > 0.8
    peak = curve.fit.observed_peak
    assert peak is None or peak <= curve.fit.farthest
    assert safety_brake([GOLDEN], "rubric-1", betas=[1.0]).of("billing").fit is None


def test_sampling_is_unbiased_and_its_divergence_is_named_an_upper_bound():
    random = np.random.default_rng(0)
    exact = safety_brake([GOLDEN], "rubric-1", sizes=[4]).of("billing", "best of n").points[-1]
    drawn = []
    for at in range(2500):
        who = random.choice(3, 8, p=[0.5, 0.3, 0.2])
        drawn.append(candidates("billing", str(at), [str(w) for w in who], who, who, harmful=(who == 2).tolist()))
    brake = sampled_brake(drawn, "rubric-1", sizes=[2, 4, 64])
    curve = brake.of("billing", "best of n, sampled")
    assert [p.setting for p in curve.points] == ["best of 1", "best of 2", "best of 4"], "64 of 8 cannot be estimated"
    assert curve.points[-1].gold == pytest.approx(exact.gold, abs=0.03)
    assert exact.gold in curve.points[-1].gold_interval
    assert curve.points[-1].harmful == pytest.approx(exact.harmful, abs=0.03)
    assert curve.kl_is == UPPER_BOUND
    assert curve.points[-1].kl > exact.kl
    assert curve.points[0].kl == 0


def test_replies_nobody_judged_have_no_share_of_harm():
    one = candidates("billing", "q", ["a", "b"], [0, 1], [1, 0], [0.5, 0.5])
    brake = safety_brake([one, candidates("billing", "r", ["a", "b"], [0, 1], [1, 0], [0.5, 0.5])], "rubric-1")
    assert brake.of("billing").points[0].harmful is None
    assert "harmful" not in brake.sentence


def test_rows_are_for_the_picture():
    rows = safety_brake([GOLDEN], "rubric-1", betas=[1.0], sizes=[2]).rows()
    assert {row["method"] for row in rows} == {"KL penalty", "best of n"}
    assert rows[1]["distance"] == pytest.approx(math.sqrt(0.32283427927758))


def test_nothing_to_press_or_pressing_without_a_reference():
    assert safety_brake([], "rubric-1").sentence == "there is no prompt to put under pressure"
    assert sampled_brake([], "rubric-1").curves == ()
    with pytest.raises(UserError, match="use sampled_brake"):
        safety_brake([candidates("billing", "q", ["a"], [1], [1])], "rubric-1")
    with pytest.raises(UserError, match="beta"):
        safety_brake([GOLDEN], "rubric-1", betas=[0])


def test_one_prompt_alone_never_proves_a_turn():
    one = candidates("billing", "q", ["a", "b"], [0, 1], [1, 0], [0.5, 0.5])
    assert not safety_brake([one], "rubric-1").of("billing").turned
