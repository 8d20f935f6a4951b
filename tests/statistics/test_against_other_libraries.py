"""The same figures as scipy, scikit-learn and the krippendorff package, on random data."""

import krippendorff
import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import NearestNeighbors

from pytest_rlhfstress.statistics.agreement import krippendorff_alpha, patterns
from pytest_rlhfstress.statistics.calibration import brier, log_loss
from pytest_rlhfstress.statistics.comparison import mcnemar, sign_flip
from pytest_rlhfstress.statistics.intervals import clopper_pearson, lower_bound, upper_bound, wilson
from pytest_rlhfstress.statistics.multiplicity import benjamini_hochberg, benjamini_yekutieli
from pytest_rlhfstress.statistics.novelty import cosine_to_nearest, mahalanobis_squared, shrunk_covariance
from pytest_rlhfstress.statistics.policies import kl_divergence
from pytest_rlhfstress.statistics.ranking import auroc, correlation, kendall_tau

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
few = settings(max_examples=60, deadline=None)


@few
@given(counts)
def test_intervals_are_those_of_scipy(count):
    k, n = count
    test = scipy.stats.binomtest(k, n)
    for ours, method in ((wilson(k, n), "wilson"), (clopper_pearson(k, n), "exact")):
        theirs = test.proportion_ci(0.95, method)
        assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high], abs=1e-9)
    above = scipy.stats.binomtest(k, n, alternative="less").proportion_ci(0.95).high
    below = scipy.stats.binomtest(k, n, alternative="greater").proportion_ci(0.95).low
    assert [upper_bound(k, n), lower_bound(k, n)] == pytest.approx([above, below], abs=1e-9)


ratings = st.lists(st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=4, max_size=4), min_size=2, max_size=25)


@few
@given(ratings, st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
def test_alpha_is_that_of_the_krippendorff_package(items, scale):
    voted = [[v for v in item if v is not None] for item in items]
    usable = [item for item in voted if len(item) >= 2]
    assume(len({v for item in usable for v in item}) > 1)
    assume(len({v for item in voted for v in item} - {v for item in usable for v in item}) == 0)
    data = np.array([[np.nan if v is None else v for v in item] for item in items], dtype=float).T
    theirs = krippendorff.alpha(reliability_data=data, level_of_measurement=scale)
    assert krippendorff_alpha(patterns(items), scale).value == pytest.approx(theirs, abs=1e-9)


@few
@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_exact_binomial_test(first, second):
    assume(first + second)
    theirs = scipy.stats.binomtest(first, first + second).pvalue
    assert mcnemar(first, second).exact == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_sign_flips_agree_with_scipys_permutation_test(seed):
    gaps = np.random.default_rng(seed).normal(0.4, 1, 9)
    theirs = scipy.stats.permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert sign_flip(gaps) == pytest.approx(theirs, abs=1e-9)
    many = np.random.default_rng(seed).normal(0.3, 1, 40)
    assert sign_flip(many, draws=4000) == pytest.approx(scipy.stats.ttest_1samp(many, 0).pvalue, abs=0.03)


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_those_of_scipy(p):
    assert benjamini_hochberg(p) == pytest.approx(scipy.stats.false_discovery_control(p), abs=1e-12)
    assert benjamini_yekutieli(p) == pytest.approx(scipy.stats.false_discovery_control(p, method="by"), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_ranking_and_calibration_are_those_of_scikit_learn_and_scipy(seed):
    random = np.random.default_rng(seed)
    p, scores = random.random(80), random.integers(0, 9, 80).astype(float)
    y = (random.random(80) < 0.5).astype(float)
    assert brier(p, y) == pytest.approx(metrics.brier_score_loss(y, p))
    assert log_loss(p, y) == pytest.approx(metrics.log_loss(y, p))
    assert auroc(scores[y == 1], scores[y == 0]) == pytest.approx(metrics.roc_auc_score(y, scores))
    assert kendall_tau(p, scores) == pytest.approx(scipy.stats.kendalltau(p, scores).statistic)
    assert correlation(p, scores) == pytest.approx(scipy.stats.pearsonr(p, scores).statistic)


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_of_scikit_learn(seed):
    random = np.random.default_rng(seed)
    train = random.normal(size=(40, 6)) @ random.normal(size=(6, 6))
    new = random.normal(size=(7, 6))
    covariance, _ = ledoit_wolf(train)
    assert shrunk_covariance(train) == pytest.approx(covariance)
    distances, _ = NearestNeighbors(n_neighbors=5, metric="cosine").fit(train).kneighbors(new)
    assert cosine_to_nearest(new, train, chunk=3) == pytest.approx(distances.mean(axis=1))
    inverse = np.linalg.inv(covariance)
    by_hand = [float(row @ inverse @ row) for row in new - train.mean(axis=0)]
    assert mahalanobis_squared(new, train.mean(axis=0), covariance) == pytest.approx(by_hand)


@pytest.mark.parametrize("seed", range(3))
def test_divergence_is_scipys_entropy(seed):
    random = np.random.default_rng(seed)
    q, p = random.dirichlet(np.ones(6)), random.dirichlet(np.ones(6))
    assert kl_divergence(q, p) == pytest.approx(scipy.stats.entropy(q, p))
