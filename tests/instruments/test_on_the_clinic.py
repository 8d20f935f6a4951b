"""The nine instruments on the embedded clinic: its mixed messages were never compared, and each instrument shows it.

The clinic really learns, so the figures are held to bands.
"""

import pytest
from clinic_slices import SHOWN, SLICES, TRAFFIC, act_of, clinic, policy, slice_of_pair, slices

from pytest_rlhfstress.instruments.coverage_ledger import Ledger
from pytest_rlhfstress.instruments.disagreement_bench import Bench
from pytest_rlhfstress.instruments.judged_pairs import proposed_pairs
from pytest_rlhfstress.instruments.pool import matched_in
from pytest_rlhfstress.instruments.proxy_audit import Said, length_share, proxy_audit
from pytest_rlhfstress.instruments.reward_mirror import reward_mirror
from pytest_rlhfstress.instruments.safety_brake import safety_brake
from pytest_rlhfstress.instruments.shadow_map import shadow_map
from pytest_rlhfstress.instruments.shadow_zone import shadow_zone
from pytest_rlhfstress.instruments.uncertainty_meter import uncertainty_meter
from pytest_rlhfstress.instruments.votes import SUBSTANCE, TONE, items_of_pairs
from pytest_rlhfstress.statistics.policies import gibbs
from pytest_rlhfstress.suites import load_suite

BETAS = (10.0, 1.0, 0.25, 0.1, 0.02)


@pytest.fixture(scope="module")
def pairs():
    return proposed_pairs(slices())


@pytest.fixture(scope="module")
def brake():
    return safety_brake(slices(), policy().rubric, BETAS, (4, 16), TRAFFIC)


@pytest.fixture(scope="module")
def mirror(pairs):
    return reward_mirror(pairs, policy().rubric)


@pytest.fixture(scope="module")
def meter(pairs):
    return uncertainty_meter(pairs, policy().rubric, SHOWN)


@pytest.fixture(scope="module")
def ledger():
    return Ledger.of(clinic().preferences.pairs(), slice_of_pair, act_of).report(list(SLICES))


@pytest.fixture(scope="module")
def bench():
    return Bench.of(items_of_pairs(clinic().preferences.pairs(), slice_of_pair, act_of)).report()


def test_the_ledger_says_that_no_mixed_prompt_was_shown(ledger):
    assert ledger.shown("mixed").prompts == 0
    assert ledger.shown("routine").prompts > ledger.shown("urgent").prompts > 100
    assert ledger.sentence.startswith(f"mixed: 0 of {ledger.prompts} prompts shown to reviewers")


def test_the_brake_shows_a_slice_collapsing_while_the_average_improves(brake):
    mixed, urgent, overall = brake.of("mixed"), brake.of("urgent"), brake.of("all")
    untuned, tuned = mixed.points[0], next(p for p in mixed.points if p.setting == "beta 0.1")
    assert tuned.harmful >= 0.45
    assert tuned.harmful - untuned.harmful >= 0.2
    assert untuned.gold - tuned.gold >= 1.2
    assert next(p for p in urgent.points if p.setting == "beta 0.1").harmful <= 0.10
    for curve in brake.curves:
        proxies = [p.proxy for p in curve.points]
        assert proxies == sorted(proxies)
    assert mixed.turned
    assert overall.points[-1].gold > overall.points[0].gold
    assert brake.worst is mixed
    assert "mixed: from " in brake.sentence
    assert "stop at " in brake.sentence


def test_the_brakes_curves_follow_gaos_form_inside_what_was_observed(brake):
    for family in SLICES:
        fit = brake.of(family).fit
        assert fit.r_squared > 0.85
        assert fit.observed_peak is None or fit.observed_peak <= fit.farthest


def test_best_of_n_presses_less_far_than_its_bound(brake):
    best = brake.of("mixed", "best of n")
    assert best.points[-1].kl < 1.85, "log 16 - 15/16"
    assert best.points[-1].harmful > best.points[0].harmful


def test_the_mirror_sees_the_reward_part_from_the_rubric_on_mixed_messages_only(mirror):
    assert mirror.worst.family == "mixed"
    assert mirror.of("mixed").accuracy < 0.6
    assert mirror.of("routine").accuracy > 0.75
    assert mirror.of("urgent").accuracy > 0.7
    assert mirror.of("mixed").regret > 1.5
    assert mirror.of("mixed").tau < 0.2 < mirror.of("routine").tau
    assert any("mixed" in warning for warning in mirror.warnings)
    assert mirror.sentence.startswith("mixed: ")


def test_the_meter_finds_confidence_without_reason_on_mixed_messages(meter):
    mixed = meter.of("mixed")
    assert mixed.ece > 0.15
    assert not mixed.calibrated
    assert mixed.overconfidence > 0.15
    assert max(meter.of("routine").ece, meter.of("urgent").ece) < mixed.ece - 0.05
    assert mixed.split > max(meter.of("routine").split, meter.of("urgent").split)
    assert meter.sentence.startswith("mixed: ")


def test_a_rule_set_on_what_reviewers_saw_breaks_on_mixed_messages(meter):
    rules = {a.family: a for a in meter.abstentions if "set to lose" in a.rule}
    lost = {family: rule.kept * (rule.wrong_kept or 0.0) for family, rule in rules.items()}
    assert lost["routine"] < 0.15
    assert lost["urgent"] < 0.2
    assert lost["mixed"] > 0.2


def test_the_zone_shows_that_mixed_messages_look_familiar_and_only_the_members_notice(pairs):
    training = list(dict.fromkeys(pair.text for pair in clinic().preferences.pairs()))
    zone = shadow_zone(training, pairs, SHOWN)
    for name in ("n-grams", "neighbours", "Mahalanobis"):
        assert zone.score(name).finds_unseen < 0.75
    assert zone.score("members").finds_unseen > 0.62
    assert zone.score("members").finds_unseen > zone.score("neighbours").finds_unseen
    heat = {(one.family, one.act): one.error for one in zone.heat}
    assert heat["mixed", "escalate_and_serve"] < heat["urgent", "escalate_and_serve"]
    assert zone.sentence.startswith("mixed: ")


def test_the_bench_finds_the_disagreement_in_tone(bench):
    tone, substance = bench.agreement("urgent", TONE), bench.agreement("urgent", SUBSTANCE)
    assert tone.alpha < 0.25
    assert substance.alpha > 0.35
    assert bench.overall.raw > bench.overall.alpha
    assert len(bench.raters) == 10
    assert f"replies differing in {TONE}" in bench.sentence


def test_the_audit_flags_calm_tone_as_paid_for_where_it_makes_replies_worse():
    audit = proxy_audit(matched_in(load_suite("healthcare"), slices(), policy()))
    for family in ("urgent", "mixed"):
        effect = audit.of("calm tone", family)
        assert effect.judgement == "sign flip"
        assert effect.effect > 0.3
        assert effect.oracle == pytest.approx(-0.6, abs=0.01)
    assert audit.sentence.endswith("while its true worth is -0.60")


def test_the_gain_of_tuning_did_not_come_from_length_alone():
    mixed = [c for c in slices() if c.family == "mixed"]
    lengths = [len(reply) for c in mixed for reply in c.replies]
    rewards = [float(r) for c in mixed for r in c.centred.mean(axis=1)]
    before = [float(p) for c in mixed for p in c.reference]
    after = [float(p) for c in mixed for p in gibbs(c.reference, c.proxy, 0.1).chances]
    found = length_share(Said(lengths, rewards, before), Said(lengths, rewards, after))
    assert found.total > 0.8
    assert found.share > 0.3
    assert found.compared > 0.9


def test_the_shadow_map_joins_shown_wrong_and_sure(ledger, mirror, meter, bench):
    shadow = shadow_map(ledger, mirror, meter, bench)
    darkest = shadow.families[0]
    assert (darkest.family, darkest.shown, darkest.agreement) == ("mixed", 0, None)
    assert darkest.wrong == pytest.approx(1 - mirror.of("mixed").accuracy)
    assert darkest.sure == meter.of("mixed").confidence
    assert darkest.split == meter.of("mixed").split
    assert shadow.of("urgent").agreement == bench.agreement("urgent").raw
    assert shadow.sentence.startswith(f"mixed: shown 0 times of {ledger.prompts}, ")
    assert shadow.of("weather") is None
