"""Too little, too equal or too wild: a defined answer, or an error that says what is wrong."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.agreement import (
    dawid_skene_posterior,
    fleiss_kappa,
    krippendorff_alpha,
    pair_disagreement,
    pattern,
    patterns,
    raw_agreement,
    vote_entropy,
)
from pytest_rlhfstress.statistics.attribution import leave_one_out, prefix_increments, shapley
from pytest_rlhfstress.statistics.calibration import (
    brier,
    calibration_null,
    expected_calibration_error,
    log_loss,
    reliability,
    sigmoid,
)
from pytest_rlhfstress.statistics.clustered import clustered_mean
from pytest_rlhfstress.statistics.combinatorial import best_of_n, best_of_n_weights, mean_over_prompts, pass_at_k
from pytest_rlhfstress.statistics.comparison import mcnemar, paired_difference, sign_flip
from pytest_rlhfstress.statistics.detector_error import prediction_powered, rogan_gladen, undetected_bound
from pytest_rlhfstress.statistics.diversity import effective_number, same_kind_chance, unseen_mass
from pytest_rlhfstress.statistics.ensembles import margin_spread
from pytest_rlhfstress.statistics.intervals import Interval, clopper_pearson, upper_bound, wilson
from pytest_rlhfstress.statistics.multiplicity import benjamini_hochberg, e_benjamini_hochberg
from pytest_rlhfstress.statistics.novelty import (
    KnownNgrams,
    cosine_to_nearest,
    hashed_ngrams,
    mahalanobis_squared,
    shrunk_covariance,
)
from pytest_rlhfstress.statistics.overoptimisation import GaoCurve, fit_gao
from pytest_rlhfstress.statistics.policies import best_of_n_policy, gibbs, kl_divergence, sampled_kl
from pytest_rlhfstress.statistics.ranking import auroc, kendall_tau, pair_accuracy, pearson_distance, regret
from pytest_rlhfstress.statistics.selective import conformal_index, risk_control_limit, risk_coverage
from pytest_rlhfstress.statistics.sequential import RateTest, Wald, confidence_sequence, evidence_above, evidence_below


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    "function",
    [
        lambda v: sigmoid([0.0, v]),
        lambda v: brier([0.5, v], [1, 0]),
        lambda v: pair_accuracy([1, 2], [0, v]),
        lambda v: kendall_tau([1, 2], [0, v]),
        lambda v: regret([1, 2], [0, v]),
        lambda v: gibbs([0.5, 0.5], [0, v], 1),
        lambda v: best_of_n([1, v], [0, 1], 1),
        lambda v: best_of_n_policy([0.5, 0.5], [0, v], 2),
        lambda v: margin_spread([[1, v]]),
        lambda v: clustered_mean([[1.0, v]]),
        lambda v: risk_coverage([0.5, v], [0, 1]),
        lambda v: sign_flip([1, v]),
        lambda v: pattern([1.0, v]),
    ],
)
def test_rewards_and_votes_that_are_no_finite_numbers_are_refused(function, value):
    with pytest.raises(UserError, match=r"NaN or infinite|says nothing"):
        function(value)


def test_the_refusal_says_how_many_and_where():
    with pytest.raises(UserError, match=r"margins: 2 of 4 are NaN or infinite, the first at index 1"):
        sigmoid([0, math.nan, 1, math.inf])
    with pytest.raises(UserError, match="expected numbers"):
        sigmoid(["high"])


@pytest.mark.parametrize(
    "call",
    [
        lambda: wilson(3, 2),
        lambda: upper_bound(-1, 5),
        lambda: wilson(1, 5, confidence=95),
        lambda: brier([], []),
        lambda: brier([0.2, 0.4], [1]),
        lambda: brier([1.2], [1]),
        lambda: clustered_mean([]),
        lambda: clustered_mean([[], []]),
        lambda: paired_difference([[1]], []),
        lambda: paired_difference([[]], [[]]),
        lambda: best_of_n([1, 2], [1, 2], 3),
        lambda: best_of_n([], [], 1),
        lambda: best_of_n([1, 2], [1], 1),
        lambda: pass_at_k(3, 4, 1),
        lambda: pass_at_k(3, 1, 4),
        lambda: mean_over_prompts([], 1),
        lambda: rogan_gladen(0.5, 0.4, 0.5),
        lambda: undetected_bound(10, 0),
        lambda: prediction_powered([1, 0], [1], [1]),
        lambda: gibbs([0.5, 0.4], [1, 2], 1),
        lambda: gibbs([0.5, 0.5], [1, 2], 0),
        lambda: gibbs([0.5, 0.5], [1, 2, 3], 1),
        lambda: best_of_n_policy([1.0], [1], 0),
        lambda: sampled_kl([0.0], [0.0]),
        lambda: fit_gao([-1, 1], [0, 1], "rl"),
        lambda: effective_number([-1, 2]),
        lambda: unseen_mass([-1]),
        lambda: e_benjamini_hochberg([-1]),
        lambda: benjamini_hochberg([2]),
        lambda: risk_coverage([], []),
        lambda: regret([], []),
        lambda: shrunk_covariance([[1, 2]]),
        lambda: cosine_to_nearest([[1.0]], np.zeros((0, 1))),
        lambda: fleiss_kappa(patterns([[1, 2], [1, 2, 2]])),
        lambda: krippendorff_alpha(patterns([["a", "b"]]), "ordinal"),
        lambda: dawid_skene_posterior([0.9], [1, 0]),
        lambda: dawid_skene_posterior([1.0], [1]),
        lambda: Wald(0.05, 0.01),
        lambda: mcnemar(-1, 2),
        lambda: margin_spread([1, 2]),
    ],
)
def test_what_has_no_answer_is_refused(call):
    with pytest.raises(UserError):
        call()


def test_nothing_seen_leaves_everything_possible():
    assert wilson(0, 0) == clopper_pearson(0, 0) == confidence_sequence(0, 0) == Interval(0, 1)
    assert RateTest(0.05).decide(0, 0) == "INCONCLUSIVE"
    assert unseen_mass([]).share is None
    assert effective_number([]) == 0
    assert same_kind_chance([1]) is None
    assert auroc([], [1]) is None
    assert benjamini_hochberg([]).size == 0
    assert conformal_index(0, 0.05) is None
    assert risk_control_limit(0, 0.05) is None
    assert fit_gao([], [], "rl") is None
    assert sign_flip([0, 0]) == 1
    assert mcnemar(0, 0).exact == 1


def test_one_cluster_says_nothing_about_its_own_error():
    found = clustered_mean([[0, 1, 1]])
    assert found.interval == Interval(-math.inf, math.inf)


def test_votes_that_cannot_disagree_have_no_alpha():
    for items in ([], [[1]], [[1, None], [2]], [[1, 1], [1, 1, 1]]):
        assert krippendorff_alpha(patterns(items)).value is None
    assert raw_agreement(patterns([[1], [2]])) is None
    assert raw_agreement(patterns([[1, 1]])) == 1
    assert fleiss_kappa(patterns([[1, 1], [1, 1]])) is None
    assert pair_disagreement(pattern([])) == pair_disagreement(pattern([1])) == 0
    assert vote_entropy(pattern([])) == 0


def test_one_item_has_an_alpha():
    found = krippendorff_alpha(patterns([["a", "b"]]))
    assert found.value == pytest.approx(0)
    assert (found.items, found.dropped) == (1, 0)


def test_ties_everywhere_are_chance():
    assert pair_accuracy([1, 2, 3], [5, 5, 5]).share == 0.5
    assert pair_accuracy([1, 1, 1], [1, 2, 3]).share is None
    assert kendall_tau([1, 2], [5, 5]) is None
    assert pearson_distance([1, 2], [5, 5]) is None
    assert regret([3, 1], [5, 5]) == 1
    assert auroc([1, 1], [1, 1]) == 0.5
    assert best_of_n_weights([7, 7, 7], 2) == pytest.approx([1 / 3] * 3)
    assert best_of_n_policy([0.2, 0.8], [1, 1], 9).chances == pytest.approx([0.2, 0.8])
    assert risk_coverage([0.5, 0.5], [0, 1]).risk == (0.5, 0.5)
    assert margin_spread([[1, -1], [1, 2], [-1, -1]]).split == pytest.approx([1, 0, 0])
    assert margin_spread([[1, 1, -1]]).split == pytest.approx([2 / 3])
    assert margin_spread([[0, 0]]).split == pytest.approx([1])
    assert margin_spread([[0, 0, 0]]).z == pytest.approx([0])
    assert margin_spread([[2, 2, 2]]).z[0] == math.inf


def test_one_member_cannot_disagree_with_itself():
    found = margin_spread([[1.0], [-2.0]])
    assert np.isnan(found.z).all()
    assert np.isnan(found.sd).all()
    assert np.isnan(found.split).all()


def test_certain_forecasts():
    assert log_loss([1, 0], [1, 0]) == 0
    assert log_loss([1.0], [0]) == math.inf
    assert expected_calibration_error([0.5], [1]) == 0.5
    assert calibration_null([1, 1, 0], draws=20).upper == 0
    assert len(reliability([0.1, 0.9], [0, 1], bins=10)) == 2


def test_impossible_replies_stay_impossible():
    assert gibbs([1.0, 0.0], [0, 900], 0.01).chances == pytest.approx([1, 0])
    assert best_of_n_policy([1.0, 0.0], [0, 9], 50).chances == pytest.approx([1, 0])
    assert kl_divergence([0.5, 0.5], [1, 0]) == math.inf
    assert gibbs([0.5, 0.5], [1e6, -1e6], 1e-3).chances == pytest.approx([1, 0])


def test_texts_without_words_and_in_other_scripts():
    known = KnownNgrams(["我 胸痛", "chest pain"])
    assert known.novelty("") == 0
    assert known.novelty("胸痛") == 0
    assert known.novelty("腹痛") > 0
    assert not hashed_ngrams([""]).any()
    assert np.linalg.norm(hashed_ngrams(["ألم في الصدر"])) == pytest.approx(1)
    assert cosine_to_nearest(hashed_ngrams([""]), hashed_ngrams(["chest pain"])) == pytest.approx([1])


def test_directions_without_variance_do_not_count():
    assert mahalanobis_squared([[1, 5]], [0, 0], [[1, 0], [0, 0]]) == pytest.approx([1])
    assert shrunk_covariance([[1, 2], [1, 2]]) == pytest.approx(np.zeros((2, 2)))


def test_no_peak_is_claimed_outside_what_was_observed():
    curve = GaoCurve("best-of-n", 1, 0.25)
    far = fit_gao([0.5, 1, 2, 3], [curve.reward(d) for d in (0.5, 1, 2, 3)], "best-of-n")
    near = fit_gao([0.5, 1, 1.5], [curve.reward(d) for d in (0.5, 1, 1.5)], "best-of-n")
    assert far.observed_peak == pytest.approx(2)
    assert far.r_squared == pytest.approx(1)
    assert near.observed_peak is None
    assert near.curve.peak == pytest.approx(2)
    assert GaoCurve("rl", 1, 0).peak is None
    assert fit_gao([1, 2], [1, 1], "rl") is None
    assert fit_gao([1, 2, 3], [0, 0, 0], "rl").r_squared == 1


def test_evidence_never_overflows():
    assert evidence_below(1000, 1000, 0.01) == pytest.approx(0, abs=1e-9)
    assert evidence_above(1000, 1000, 0.01) == math.inf
    assert math.isfinite(evidence_above(5, 20, 0.9))
    assert RateTest(0.01).decide(5000, 5000) == "FAIL"
    assert RateTest(0.5).decide(0, 5000) == "PASS"
    assert confidence_sequence(5000, 5000).low > 0.99


parts = st.integers(0, 6)
worth = st.dictionaries(st.integers(0, 63), st.floats(-5, 5))


@settings(max_examples=60, deadline=None)
@given(parts, worth)
def test_increments_and_shapley_values_add_up_to_the_whole(n, table):
    def value(sets):
        return [table.get(sum(1 << p for p in kept), 0.0) for kept in sets]

    none, whole = value([(), tuple(range(n))])
    assert sum(shapley(n, value)) == pytest.approx(whole - none, abs=1e-9)
    assert sum(prefix_increments(n, value)) == pytest.approx(whole - none, abs=1e-9)
    assert len(leave_one_out(n, value)) == n


def test_sampled_shapley_values_are_those_of_an_additive_game_and_near_the_exact_ones_else():
    def additive(sets):
        return [sum(kept) for kept in sets]

    assert shapley(12, additive) == pytest.approx(list(range(12)))

    def capped(sets):
        return [min(3, len(kept)) for kept in sets]

    assert shapley(12, capped, orders=400) == pytest.approx([0.25] * 12, abs=0.08)
