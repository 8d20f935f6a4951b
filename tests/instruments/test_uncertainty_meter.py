"""What the uncertainty meter measures and says."""

import numpy as np
import pytest
from small_world import family_of, pair, world

from pytest_rlhfstress.instruments.candidates import candidates, candidates_of_pairs
from pytest_rlhfstress.instruments.judged_pairs import judged_pairs
from pytest_rlhfstress.instruments.uncertainty_meter import uncertainty_meter
from pytest_rlhfstress.statistics.calibration import sigmoid

SHOWN = ("billing", "emergency")


def test_it_finds_the_family_whose_confidence_has_no_reason():
    meter = uncertainty_meter(judged_pairs(world(90)), "rubric-1", SHOWN)
    assert meter.worst.family == "billing + emergency"
    assert meter.worst.overconfidence > 0.5
    assert not meter.worst.calibrated
    assert meter.members == 5
    assert meter.sentence.startswith("billing + emergency: ")
    assert "asking a person unless all members agree hands over" in meter.sentence


def votes_of(temperature, n=500, seed=0):
    """Pairs with 5 votes drawn from the chances that the margins over ``temperature`` stand for."""
    random = np.random.default_rng(seed)
    pairs, rewards = [], []
    for at in range(n):
        margin = random.normal(0, 1.5)
        votes = random.random(5) < sigmoid([margin])[0]
        marks = " ".join(f"r{k}{'+' if vote else '-'}" for k, vote in enumerate(votes))
        pairs.append(pair(f"billing|{at}", "one reply", "the other", marks))
        rewards.append([[margin / temperature], [0.0]])
    return judged_pairs(candidates_of_pairs(pairs, rewards, family_of))


def test_a_calibrated_model_stays_within_what_chance_explains_and_an_overconfident_one_does_not():
    honest, loud = uncertainty_meter(votes_of(1.0)), uncertainty_meter(votes_of(0.3))
    assert honest.overall.calibrated
    assert abs(honest.overall.overconfidence) < 0.05
    assert not loud.overall.calibrated
    assert loud.overall.overconfidence > 0.1
    assert loud.overall.brier > honest.overall.brier
    assert loud.overall.log_loss > honest.overall.log_loss


def test_the_false_alarm_rate_of_the_calibration_null_is_small():
    alarms = [not uncertainty_meter(votes_of(1.0, 200, seed)).overall.calibrated for seed in range(30)]
    assert sum(alarms) <= 4


def test_members_that_disagree_are_counted_by_sign_by_z_and_in_nats():
    meter = uncertainty_meter(judged_pairs(world(90)), "rubric-1")
    blind, known = meter.of("billing + emergency"), meter.of("billing")
    assert blind.split > known.split
    assert blind.z < known.z
    assert blind.doubt > known.doubt
    assert sum(blind.z_counts) == blind.pairs
    assert meter.of("weather") is None


def test_one_model_has_no_members_to_disagree():
    meter = uncertainty_meter(votes_of(1.0))
    assert (meter.overall.split, meter.overall.z, meter.overall.doubt, meter.overall.z_counts) == (None, None, None, ())
    assert {a.rule for a in meter.abstentions} == {"it is 80 % sure"}


def test_the_price_of_abstaining_adds_up():
    meter = uncertainty_meter(judged_pairs(world(90)), "rubric-1", SHOWN)
    for rule in meter.abstentions:
        kept = 0.0 if rule.wrong_kept is None else rule.kept * rule.wrong_kept
        handed = 0.0 if rule.needless is None else (1 - rule.kept) * (1 - rule.needless)
        assert kept + handed == pytest.approx(rule.wrong_before)


def test_a_rule_set_where_reviewers_looked_holds_there_and_not_where_they_never_did():
    random = np.random.default_rng(1)
    source = []
    for at in range(1200):
        family = ("billing", "emergency")[at % 2]
        margin = random.exponential(1.5)
        right = random.random() < (sigmoid([margin])[0] if family == "billing" else 0.4)
        truth = [1.0, 0.0] if right else [0.0, 1.0]
        source.append(candidates(family, str(at), ["a", "b"], [margin, 0.0], truth))
    meter = uncertainty_meter(judged_pairs(source), "rubric-1", shown=("billing",))
    rules = {a.family: a for a in meter.abstentions if "set to lose 10 %" in a.rule}
    assert rules["billing"].kept * rules["billing"].wrong_kept <= 0.14
    assert rules["emergency"].kept * rules["emergency"].wrong_kept > 0.25
    assert "void" in meter.caveat


def test_bins_and_curve_are_there_to_be_drawn():
    found = uncertainty_meter(votes_of(1.0)).overall
    assert sum(b.count for b in found.bins) == found.pairs
    assert len(found.coverage) == len(found.risk) == 50
    assert found.coverage[-1] == 1
    assert found.risk[-1] == pytest.approx(1 - found.accuracy)
    assert uncertainty_meter(votes_of(1.0)).rows()[0]["family"] == "all"


def test_nothing_to_judge_is_said_to_be_so():
    empty = uncertainty_meter(judged_pairs([]))
    assert empty.overall is None
    assert empty.families == empty.abstentions == ()
    assert empty.sentence.startswith("no two replies")


def test_margins_of_zero_are_half_right_and_half_sure():
    flat = [candidates("billing", str(n), ["a", "b"], np.zeros((2, 3)), [1, 0]) for n in range(12)]
    found = uncertainty_meter(judged_pairs(flat), "rubric-1").overall
    assert (found.accuracy, found.confidence, found.ece) == (0.5, 0.5, 0)
    assert found.z == 0
