"""What is called unbiased, calibrated or valid, checked by simulation with bands."""

import numpy as np
import pytest

from pytest_rlhfstress.statistics.calibration import calibration_null, expected_calibration_error
from pytest_rlhfstress.statistics.clustered import any_failure_bound, clustered_mean, resampling_variance
from pytest_rlhfstress.statistics.combinatorial import best_of_n, pass_at_k, pass_hat_k
from pytest_rlhfstress.statistics.comparison import mcnemar, paired_difference
from pytest_rlhfstress.statistics.detector_error import prediction_powered, rogan_gladen
from pytest_rlhfstress.statistics.diversity import same_kind_chance, unseen_mass
from pytest_rlhfstress.statistics.intervals import clopper_pearson, prompts_needed, upper_bound, wilson
from pytest_rlhfstress.statistics.multiplicity import benjamini_hochberg, e_benjamini_hochberg, expected_worst_rate
from pytest_rlhfstress.statistics.policies import sampled_kl
from pytest_rlhfstress.statistics.selective import conformal_index, conformal_p, risk_control_limit
from pytest_rlhfstress.statistics.sequential import RateTest, Wald, confidence_sequence

RUNS, LOOKS = 2000, 300


def first_decisions(rate, true_rate, seed):
    """For each simulated run, the verdict at which continuous peeking would have stopped."""
    test = RateTest(rate)
    wanted = {}
    fails = (np.random.default_rng(seed).random((RUNS, LOOKS)) < true_rate).cumsum(axis=1)
    found = []
    for run in fails:
        verdict = "INCONCLUSIVE"
        for n, k in enumerate(run.tolist(), start=1):
            if (k, n) not in wanted:
                wanted[k, n] = test.decide(k, n)
            if wanted[k, n] != "INCONCLUSIVE":
                verdict = wanted[k, n]
                break
        found.append(verdict)
    return {v: found.count(v) / RUNS for v in ("PASS", "FAIL", "INCONCLUSIVE")}


def test_peeking_after_every_case_errs_at_most_once_in_twenty():
    at_limit = first_decisions(0.05, 0.05, seed=1)
    assert at_limit["PASS"] <= 0.05 + 0.012
    assert at_limit["FAIL"] <= 0.05 + 0.012
    peeked = (np.random.default_rng(2).random((RUNS, LOOKS)) < 0.05).cumsum(axis=1)
    bounds = {(k, n): upper_bound(k, n) for n in range(20, LOOKS + 1) for k in range(12) if k <= n}
    fooled = sum(any(bounds.get((k, n), 1) < 0.05 for n, k in enumerate(run.tolist(), 1)) for run in peeked) / RUNS
    assert 0.10 < fooled < 0.18, "peeking at an ordinary bound errs far more often"


def test_peeking_decides_where_the_truth_is_clear():
    assert first_decisions(0.05, 0.005, seed=3)["PASS"] > 0.9
    assert first_decisions(0.05, 0.25, seed=4)["FAIL"] > 0.99


def test_a_confidence_sequence_holds_at_all_times_together():
    held, cached = 0, {}
    fails = (np.random.default_rng(5).random((400, 200)) < 0.1).cumsum(axis=1)
    for run in fails:
        for n, k in enumerate(run.tolist(), 1):
            if (k, n) not in cached:
                cached[k, n] = 0.1 in confidence_sequence(k, n)
        held += all(cached[k, n] for n, k in enumerate(run.tolist(), 1))
    assert held / 400 >= 0.93


def test_walds_test_keeps_its_error_rates():
    test = Wald(0.01, 0.05)
    for rate, wrong in ((0.01, "FAIL"), (0.05, "PASS")):
        random, errors = np.random.default_rng(6), 0
        for _ in range(600):
            k = n = 0
            while (verdict := test.decide(k, n)) == "INCONCLUSIVE":
                k, n = k + (random.random() < rate), n + 1
            errors += verdict == wrong
        assert errors / 600 <= 0.075


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_intervals_cover(rate):
    n = 60
    drawn = np.random.default_rng(7).binomial(n, rate, RUNS).tolist()
    exact = np.mean([rate in clopper_pearson(k, n) for k in drawn])
    score = np.mean([rate in wilson(k, n) for k in drawn])
    assert exact >= 0.94
    assert 0.92 <= score <= 0.995
    assert np.mean([upper_bound(k, n) >= rate for k in drawn]) >= 0.94


def clusters(random, prompts=40, replies=4):
    """Scores whose prompts differ more than the replies to one prompt; their true mean is 0.5."""
    return [(random.random(replies) < p).astype(float).tolist() for p in random.beta(0.3, 0.3, prompts)]


def test_clustered_intervals_cover_where_naive_ones_do_not():
    random = np.random.default_rng(8)
    found = [clustered_mean(clusters(random)) for _ in range(800)]
    assert 0.93 <= np.mean([0.5 in f.interval for f in found]) <= 0.97
    naive = np.mean([abs(f.mean - 0.5) <= 1.96 * f.naive for f in found])
    assert naive < 0.85


def test_any_failure_bound_covers_the_share_of_failing_prompts():
    random = np.random.default_rng(9)
    rates = np.where(random.random((800, 60)) < 0.1, 0.5, 0.0)
    truth = 0.1 * (1 - 0.5**3)
    bounds = [any_failure_bound((random.random((60, 3)) < r[:, None]).tolist()) for r in rates]
    assert np.mean([b >= truth for b in bounds]) >= 0.94


def test_resampling_replies_lowers_only_their_part_of_the_variance():
    random = np.random.default_rng(10)
    prompts, replies = 30, 5
    p = random.beta(2, 2, (3000, prompts))
    means = random.binomial(replies, p) / replies
    between, within = 1 / 20, float(0.25 - 1 / 20)
    assert means.mean(axis=1).var() == pytest.approx(resampling_variance(between, within, prompts, replies), rel=0.1)


def test_the_power_of_a_planned_comparison():
    assert prompts_needed(0.03, 1 / 9) == 969
    random = np.random.default_rng(11)
    n = prompts_needed(0.2, 0.5)
    gaps = random.normal(0.2, 0.5**0.5, (800, n))
    z = gaps.mean(axis=1) / (gaps.std(axis=1, ddof=1) / n**0.5)
    assert 0.75 <= (np.abs(z) > 1.96).mean() <= 0.86


def test_mcnemar_and_paired_bootstrap_do_not_err_too_often():
    random = np.random.default_rng(12)
    p = [mcnemar(int(b), 14 - int(b)).exact for b in random.binomial(14, 0.5, RUNS)]
    assert np.mean(np.array(p) <= 0.05) <= 0.06
    covered, signed = [], []
    for run in range(150):
        base = random.beta(1, 1, 40)
        first, second = random.binomial(3, base), random.binomial(3, base)
        found = paired_difference([[x / 3] for x in first], [[x / 3] for x in second], seed=run, draws=300)
        covered.append(0 in found.interval)
        signed.append(found.p <= 0.05)
    assert np.mean(covered) >= 0.88
    assert np.mean(signed) <= 0.10


def test_best_of_n_and_pass_estimates_are_unbiased():
    random = np.random.default_rng(13)
    chances = np.array([0.5, 0.3, 0.15, 0.05])
    proxy, gold = np.array([0.0, 1.0, 1.0, 3.0]), np.array([1.0, 0.5, 2.0, -4.0])
    draws = random.choice(4, (6000, 7), p=chances)
    estimates = [best_of_n(proxy[d], gold[d], 3) for d in draws]
    fresh = random.choice(4, (60000, 3), p=chances)
    tied = proxy[fresh] == proxy[fresh].max(axis=1, keepdims=True)
    truth = ((gold[fresh] * tied).sum(axis=1) / tied.sum(axis=1)).mean()
    assert np.mean(estimates) == pytest.approx(truth, abs=0.04)
    passed = random.binomial(6, 0.3, 8000)
    assert np.mean([pass_at_k(6, c, 2) for c in passed]) == pytest.approx(1 - 0.7**2, abs=0.01)
    assert np.mean([pass_hat_k(6, c, 2) for c in passed]) == pytest.approx(0.3**2, abs=0.01)


def test_a_corrected_rate_is_unbiased_and_covered_where_the_raw_one_is_not():
    random = np.random.default_rng(14)
    covered, corrected, raw, gladen = [], [], [], []
    for _ in range(800):
        truth = random.random(600) < 0.2
        seen = np.where(truth, random.random(600) < 0.7, random.random(600) < 0.1)
        found = prediction_powered(seen[100:], seen[:100], truth[:100])
        covered.append(0.2 in found.interval)
        corrected.append(found.corrected)
        raw.append(found.raw)
        gladen.append(rogan_gladen(found.raw, 0.7, 0.9))
    assert np.mean(corrected) == pytest.approx(0.2, abs=0.006)
    assert np.mean(gladen) == pytest.approx(0.2, abs=0.006)
    assert np.mean(raw) == pytest.approx(0.22, abs=0.006)
    assert 0.92 <= np.mean(covered) <= 0.975


def test_calibrated_forecasts_exceed_their_null_once_in_twenty():
    random, above = np.random.default_rng(15), 0
    for run in range(200):
        p = random.random(150)
        error = expected_calibration_error(p, (random.random(150) < p).astype(float))
        above += error > calibration_null(p, draws=200, seed=run).upper
    assert 0.01 <= above / 200 <= 0.10


def test_good_turing_and_simpson_are_right_on_average_for_random_traffic():
    random = np.random.default_rng(16)
    chances = random.dirichlet(np.full(60, 0.3))
    drawn = random.multinomial(80, chances, 3000)
    unseen = [float(chances[row == 0].sum()) for row in drawn]
    assert np.mean([unseen_mass(row.tolist()).share for row in drawn]) == pytest.approx(np.mean(unseen), abs=0.01)
    simpson = [same_kind_chance(row.tolist()) for row in drawn]
    assert np.mean(simpson) == pytest.approx((chances**2).sum(), rel=0.03)


def test_false_discoveries_stay_below_their_rate():
    random, shares, by_evidence = np.random.default_rng(17), [], []
    for _ in range(1000):
        z = random.normal(size=20) + np.array([3.0] * 5 + [0.0] * 15)
        p = [float(0.5 * (1 - np.tanh(v * 0.7978845608 * (1 + 0.044715 * v * v)))) for v in z]
        rejected = benjamini_hochberg(np.clip(p, 0, 1)) <= 0.1
        shares.append(rejected[5:].sum() / max(1, rejected.sum()))
        sure = e_benjamini_hochberg(np.exp(3 * z - 4.5), 0.1)
        by_evidence.append(sure[5:].sum() / max(1, sure.sum()))
    assert np.mean(shares) <= 0.1
    assert np.mean(by_evidence) <= 0.1


def test_the_worst_of_many_families_looks_worse_than_it_is():
    worst = np.random.default_rng(18).binomial(40, 0.05, (RUNS, 12)).max(axis=1) / 40
    assert worst.mean() == pytest.approx(expected_worst_rate(12, 40, 0.05), abs=0.004)


def test_sampled_divergences_meet_the_exact_one():
    q, p = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2])
    drawn = np.random.default_rng(19).choice(3, 40000, p=q)
    found = sampled_kl(np.log(q)[drawn], np.log(p)[drawn])
    exact = float((q * np.log(q / p)).sum())
    assert abs(found.k1 - exact) < 4 * found.k1_error
    assert abs(found.k3 - exact) < 4 * found.k3_error
    assert found.k3_error < found.k1_error


def test_conformal_bounds_cover_new_exchangeable_data():
    random = np.random.default_rng(20)
    index = conformal_index(49, 0.1)
    scores = random.exponential(size=(4000, 50))
    threshold = np.sort(scores[:, :49], axis=1)[:, index - 1]
    assert (scores[:, 49] <= threshold).mean() == pytest.approx(0.9, abs=0.02)
    p = [float(conformal_p(row[:49], row[49:])[0]) for row in scores[:2000]]
    assert np.mean(np.array(p) <= 0.1) <= 0.1 + 0.02


def test_risk_control_keeps_the_mean_loss_of_accepted_answers():
    random, lost, n = np.random.default_rng(21), [], 99
    limit = risk_control_limit(n, 0.1)
    for _ in range(2000):
        sure = random.random(n + 1)
        wrong = random.random(n + 1) > sure
        order = np.argsort(-sure[:n])
        risks = np.cumsum(wrong[:n][order]) / n
        kept = np.searchsorted(risks, limit, side="right")
        threshold = np.inf if kept == 0 else np.sort(sure[:n])[::-1][kept - 1]
        lost.append(wrong[n] and sure[n] >= threshold)
    assert np.mean(lost) <= 0.1 + 0.015
