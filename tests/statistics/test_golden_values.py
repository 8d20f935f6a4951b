"""Every value of golden.json, by the product's own functions."""

import json
import math
import re
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from pytest_rlhfstress.statistics import (
    agreement,
    attribution,
    calibration,
    clustered,
    combinations,
    combinatorial,
    comparison,
    detector_error,
    diversity,
    ensembles,
    intervals,
    multiplicity,
    novelty,
    overoptimisation,
    policies,
    ranking,
    selective,
    sequential,
)

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text())


def close(value):
    return pytest.approx(value, rel=1e-7, abs=1e-9)


def test_every_section_of_the_golden_values_is_tested():
    used = set(re.findall(r'GOLDEN\["(\w+)"\]', Path(__file__).read_text()))
    assert used == set(GOLDEN)


def test_bradley_terry():
    g = GOLDEN["bradley_terry"]
    assert calibration.sigmoid([1.0]) == close([g["sigma(1)"]])
    assert calibration.bradley_terry_loss(g["nll_margins"]) == close(g["nll"])
    assert calibration.logit(0.9) == close(g["logit(0.9)"])


@pytest.mark.parametrize("beta", ["2", "1", "0.5"])
def test_gibbs(beta):
    g = GOLDEN["gibbs"]
    wanted = g["by_beta"][beta]
    policy = policies.gibbs(g["pi_ref"], g["r"], float(beta))
    assert policy.chances == pytest.approx(wanted["q"], abs=1e-8)
    assert policy.kl == close(wanted["KL"])
    assert policy.reward == close(wanted["Er"])
    assert policies.gibbs_objective(g["pi_ref"], g["r"], float(beta)) == close(wanted["J"])
    assert policy.reward - float(beta) * policy.kl == close(wanted["J"])


def test_gibbs_without_a_brake_reaches_the_limit():
    g = GOLDEN["gibbs"]
    assert policies.gibbs(g["pi_ref"], g["r"], 1e-3).kl == close(g["limit_beta_to_0_KL"])


def test_best_of_n_policy():
    g = GOLDEN["bon_exact"]
    for n in (2, 4):
        policy = policies.best_of_n_policy(g["pi_ref"], g["r"], n)
        assert policy.chances == close(g[f"n={n}"]["q"])
        assert policy.kl == close(g[f"n={n}"]["KL"])
        assert policies.best_of_n_kl_bound(n) == close(g[f"n={n}"]["bound"])
    assert policies.best_of_n_policy(g["pi_ref"], g["r"], 4).reward == close(g["n=4"]["Er"])
    assert policies.best_of_n_policy(g["pi_ref"], g["r"], 64).kl == close(g["n=64"]["KL"])
    assert policies.best_of_n_kl_bound(64) == close(g["n=64"]["bound"])
    binary = g["binary_uniform_n=1000"]
    assert policies.best_of_n_policy([0.5, 0.5], [0, 1], 1000).kl == close(binary["KL"])
    assert policies.best_of_n_kl_bound(1000) == close(binary["bound"])


def test_best_of_n_estimator():
    g = GOLDEN["bon_estimator"]
    for n, wanted in g["est_n"].items():
        assert combinatorial.best_of_n(g["proxy"], g["gold"], int(n)) == close(wanted)
    weights = combinatorial.best_of_n_weights(g["proxy"], 2)
    assert weights[np.argsort(g["proxy"])] == close(g["weights_sorted_asc_n2"])


def test_pass_at_k():
    g = GOLDEN["pass_at_k"]
    assert combinatorial.pass_at_k(10, 3, 2) == close(g["n=10,c=3,k=2"])
    assert combinatorial.pass_hat_k(10, 3, 2) == close(g["pass_hat_k n=10,c=3,k=2"])
    assert combinatorial.pass_hat_k(10, 9, 4) == close(g["pass_hat_k n=10,c=9,k=4"])
    assert combinatorial.plugin_pass_hat_k(10, 9, 4) == close(g["plugin_.9^4"])


@pytest.mark.parametrize(("form", "key"), [("best-of-n", "bon"), ("rl", "rl")])
def test_gao_curves(form, key):
    g = GOLDEN["gao"]
    curve = overoptimisation.GaoCurve(form, g["alpha"], g["beta"])
    assert curve.peak == close(g[key]["d*"])
    assert curve.reward(curve.peak) == close(g[key]["R*"])
    assert curve.zero == close(g[key]["zero"])
    assert curve.reward(curve.zero) == pytest.approx(0, abs=1e-9)


def test_sampled_divergence():
    g = GOLDEN["kl_estimators"]
    q, p = np.array(g["q"]), np.array(g["p"])
    assert policies.kl_divergence(q, p) == close(g["KL(q||p)"])
    terms = policies.kl_terms(np.log(q), np.log(p))
    for name, term in zip(("k1", "k2", "k3"), terms, strict=True):
        mean = float(q @ term)
        assert mean == close(g[f"E_{name}"])
        assert float(np.sqrt(q @ (term - mean) ** 2)) == close(g[f"sd_{name}"])
    hole = g["support_hole"]
    assert policies.kl_divergence(hole["q"], hole["p"]) == close(hole["KL"])
    drawn = [at for at, chance in enumerate(hole["q"]) if chance]
    q, p = np.array(hole["q"])[drawn], np.array(hole["p"])[drawn]
    assert float(q @ policies.kl_terms(np.log(q), np.log(p))[2]) == close(hole["E_k3"])
    even = policies.sampled_kl(np.log(q), np.log(p))
    assert even.k3 == close(hole["E_k3"])
    assert even.k1 == close(hole["KL"])


def test_ensemble():
    g = GOLDEN["ensemble"]
    assert ensembles.margin_spread([g["r"]]).mean == close([g["mean"]])
    assert ensembles.worst_case(g["r"]) == close(g["WCO"])
    assert ensembles.uncertainty_weighted(g["r"], 0.5) == close(g["UWO_lambda0.5_popvar"])
    for beta in ("1", "0.1", "10"):
        assert ensembles.soft_minimum(g["r"], float(beta)) == close(g[f"softmin_beta{beta}"])


def test_bald():
    g = GOLDEN["bald"]
    found = ensembles.bald(g["p"])
    assert found.total == close(g["total"])
    assert found.aleatoric == close(g["aleatoric"])
    assert found.epistemic == close(g["epistemic"])


def test_krippendorff():
    g = GOLDEN["krippendorff"]
    shown = agreement.patterns(zip(*g["raters"], strict=True))
    for scale in ("nominal", "ordinal", "interval", "ratio"):
        assert agreement.krippendorff_alpha(shown, scale).value == close(g[scale])
    small = agreement.krippendorff_alpha(agreement.patterns(g["small_units"]))
    assert small.value == close(g["small"])
    assert (small.items, small.dropped) == (4, 1)


WIKIPEDIA = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_fleiss():
    g = GOLDEN["fleiss"]
    known = agreement.patterns([c for c, n in enumerate(row) for _ in range(n)] for row in WIKIPEDIA)
    assert agreement.fleiss_kappa(known) == close(g["wiki"])
    paradox = agreement.patterns([["a", "a", "a"]] * 98 + [["a", "a", "b"]] * 2)
    assert agreement.fleiss_kappa(paradox) == close(g["paradox_kappa"])
    assert agreement.raw_agreement(paradox) == close(g["observed_agreement"])
    assert agreement.krippendorff_alpha(paradox).value == close(g["krippendorff_same"])


def test_votes_three_to_two():
    g = GOLDEN["votes_3_2"]
    votes = agreement.pattern([1, 1, 1, 0, 0])
    assert agreement.vote_entropy(votes) == close(g["H_nats"])
    assert agreement.vote_entropy(votes) / math.log(2) == close(g["H_bits"])
    assert agreement.miller_madow(votes) == close(g["miller_madow"])
    assert agreement.pair_disagreement(votes) == close(g["unbiased_pair_disagreement"])


def test_dawid_skene():
    g = GOLDEN["dawid_skene_posterior"]
    assert agreement.dawid_skene_posterior(g["acc"], g["votes"], g["prior"]) == close(g["P(1)"])


def test_calibration():
    g = GOLDEN["calibration"]
    assert calibration.brier(g["p"], g["y"]) == close(g["brier"])
    assert calibration.log_loss(g["p"], g["y"]) == close(g["logloss"])
    assert calibration.expected_calibration_error(g["p8"], g["y8"], bins=2) == close(g["ece_mass_B2"])
    assert calibration.expected_calibration_error(g["p8"], g["y8"], bins=4) == close(g["ece_mass_B4"])
    for n, mean in g["null_mean_ece10"].items():
        null = calibration.calibration_null(np.random.default_rng(int(n)).random(int(n)), draws=400)
        assert null.mean == pytest.approx(mean, rel=0.12)
        assert null.upper == pytest.approx(g["null_q95_ece10"][n], rel=0.15)


def test_selective():
    g = GOLDEN["selective"]
    curve = selective.risk_coverage(g["conf"], g["loss"])
    assert curve.risk == close(g["risks"])
    assert curve.area == close(g["AURC"])


def test_conformal():
    g = GOLDEN["conformal"]
    assert selective.conformal_index(19, 0.1) == g["k(n=19,a=.1)"]
    assert selective.conformal_index(9, 0.05) is None
    assert g["k(n=9,a=.05)"] == "10>9 -> abstain always"
    assert selective.conformal_p(range(1, 10), [8.5]) == close([g["pvalue cal=1..9,s=8.5"]])
    assert selective.risk_control_limit(99, 0.05) == close(g["CRC n=99,a=.05,B=1 max Rhat"])


def test_mahalanobis():
    g = GOLDEN["mahalanobis"]
    assert novelty.mahalanobis_squared([g["x"]], g["mu"], np.diag(g["diag"])) == close([g["d2"]])


def test_auroc():
    g = GOLDEN["auroc"]
    assert ranking.auroc(g["pos"], g["neg"]) == close(g["auroc"])


def covered(rows, levels, strength):
    factors = {str(at): [f"{at}={level}" for level in range(levels)] for at in range(4)}
    shown = {
        together
        for row in rows
        for together in combinations.together((f"{at}={level}" for at, level in enumerate(row)), strength)
    }
    found = combinations.coverage(shown, combinations.feasible_combinations(factors, strength), strength)
    assert len(found.missing) == found.feasible - found.covered
    return [found.covered, found.feasible]


def test_combinations():
    g = GOLDEN["tway"]
    assert covered(g["tests"], 2, 2) == g["2way"]
    assert covered(g["tests"], 2, 3) == g["3way"]
    assert covered(g["CA5"], 2, 2) == g["CA5_2way"]
    latin = [(a, b, (a + b) % 3, (a + 2 * b) % 3) for a, b in product(range(3), repeat=2)]
    assert covered(latin, 3, 2) == g["L9_3^4"]


def test_good_turing():
    g = GOLDEN["good_turing"]
    found = diversity.unseen_mass(g["counts"])
    assert found.share == close(g["M0"])
    assert found.kinds == close(g["chao1_bc"])


def test_effective_numbers():
    g = GOLDEN["hill"]
    assert diversity.effective_number(g["p"]) == close(g["exp_shannon"])
    assert diversity.effective_number(g["p"], order=2) == close(g["inv_simpson"])
    assert diversity.same_kind_chance(g["counts"]) == close(g["unbiased_simpson_D"])


@pytest.mark.parametrize(("k", "n"), [(0, 20), (3, 50)])
def test_intervals(k, n):
    g = GOLDEN["ci95"][f"{k}/{n}"]
    score, exact = intervals.wilson(k, n), intervals.clopper_pearson(k, n)
    assert [score.low, score.high] == close(g["wilson"])
    assert [exact.low, exact.high] == close(g["cp"])
    assert intervals.upper_bound(k, n) == close(g["cp_1sided_up"])


def test_bounds_near_zero():
    g = GOLDEN["ci95"]
    assert intervals.upper_bound(1, 299) == close(g["1/299_cp_1sided_up"])
    for rate, n in g["n_zero_fail"].items():
        assert intervals.clean_cases_needed(float(rate.rstrip("%")) / 100) == n


def test_clusters():
    g = GOLDEN["cluster"]
    found = clustered.clustered_mean(g["scores"])
    assert found.naive == close(g["naive_bernoulli"])
    assert found.cr0 == close(g["CR0"])
    assert found.cr1 == close(g["CR1=se_of_prompt_means"])
    assert (found.interval.high - found.mean) / found.cr1 == close(g["t2_.975"])


def test_wald():
    g = GOLDEN["sprt"]
    test = sequential.Wald(g["p0"], g["p1"], g["alpha=beta"], g["alpha=beta"])
    assert [test.bounds.low, test.bounds.high] == close([-g["bound"], g["bound"]])
    assert test.step_pass == close(g["inc_pass"])
    assert test.step_fail == close(g["inc_fail"])
    assert test.clean_cases_to_accept == g["n_zero_fail"]
    assert [test.decide(0, 71), test.decide(0, 72)] == ["INCONCLUSIVE", "PASS"]


def test_e_process():
    g = GOLDEN["e_process_beta_half"]
    assert sequential.evidence_below(0, 100, 0.05) == close(g["E_pass(0/100,p0=.05)"])
    assert sequential.evidence_above(5, 20, 0.05) == close(g["E_fail(5/20,p0=.05)"])
    for rate, n in g["PASS n, 0 fails"].items():
        assert sequential.RateTest(float(rate.removeprefix("p0="))).clean_cases_to_pass == n
    for k, n in ((0, 100), (3, 50)):
        found = sequential.confidence_sequence(k, n)
        assert [found.low, found.high] == close(g[f"CS({k}/{n})"])


def test_mcnemar():
    g = GOLDEN["mcnemar"]
    found = comparison.mcnemar(g["b"], g["c"])
    assert found.exact == close(g["exact"])
    assert found.mid_p == close(g["midp"])


def test_false_discovery():
    g = GOLDEN["bh"]
    adjusted = multiplicity.benjamini_hochberg(g["p"])
    assert adjusted == close(g["adj"])
    assert (adjusted <= 0.05).sum() == g["reject_.05"]
    assert multiplicity.harmonic(10) == close(g["by_c10"])
    capped = np.minimum(1, multiplicity.benjamini_yekutieli(g["p"]))
    assert capped == close(np.minimum(1, np.array(g["adj"]) * g["by_c10"]))


def test_false_discovery_by_evidence():
    g = GOLDEN["ebh"]
    assert multiplicity.e_benjamini_hochberg(g["e"], g["alpha"]).sum() == g["rejected"]


def test_shapley():
    g = GOLDEN["shapley"]
    names = {(): "v({})", (0,): "v(E)", (1,): "v(C)", (0, 1): "v(EC)"}
    found = attribution.shapley(2, lambda sets: [g[names[s]] for s in sets])
    assert found == close([g["phi_E"], g["phi_C"]])


def test_rogan_gladen():
    g = GOLDEN["rogan_gladen"]
    assert detector_error.rogan_gladen(g["p_obs"], g["sens"], g["spec"]) == close(g["p"])


def test_mirror():
    g = GOLDEN["mirror"]
    truth, score = g["r*"], g["rhat"]
    assert ranking.kendall_tau(truth, score) == close(g["kendall_tau"])
    assert ranking.pair_accuracy(truth, score).share == close(g["pair_acc"])
    assert ranking.regret(truth, score) == close(g["argmax_regret"])
    assert ranking.pearson_distance(truth, score) == close(g["pearson_distance"])


def test_style_matrix():
    g = GOLDEN["rmbench_matrix"]
    found = ranking.style_matrix(g["chosen"], g["rejected"])
    assert [found.easy, found.normal, found.hard] == [g["easy"], g["normal"], g["hard"]]


def test_the_worst_of_many():
    g = GOLDEN["selection_bias_max"]
    assert multiplicity.expected_worst_rate(g["families"], g["n"], g["true_p"]) == pytest.approx(g["E[max]"], abs=5e-4)
    assert multiplicity.expected_worst_rate(1, g["n"], g["true_p"]) == close(g["held_out"])


def test_plugging_in_is_biased_and_counting_subsets_is_not():
    g = GOLDEN["passk_bias"]
    n, k, p = g["n"], g["k"], g["p"]
    chances = [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    mean = {f: sum(w * f(n, c, k) for c, w in enumerate(chances)) for f in
            (combinatorial.pass_hat_k, combinatorial.plugin_pass_hat_k)}  # fmt: skip
    assert mean[combinatorial.pass_hat_k] == close(g["unbiased_mean"])
    assert g["unbiased_mean"] == close(g["true"])
    assert mean[combinatorial.plugin_pass_hat_k] == close(g["plugin_mean"])


def test_gibbs_reward_grows_with_its_variance():
    policy = [policies.gibbs([0.5, 0.3, 0.2], [0, 1, 2], 1 / inverse) for inverse in (1, 1 + 1e-5)]
    variance = float(policy[0].chances @ (np.array([0, 1, 2]) - policy[0].reward) ** 2)
    slope = [(b.reward - a.reward) / 1e-5 for a, b in pairwise(policy)]
    assert slope == pytest.approx([variance], rel=1e-4)
