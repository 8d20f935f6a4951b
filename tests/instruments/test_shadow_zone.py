"""What the shadow zone measures and says."""

import numpy as np
import pytest
from small_world import world

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.candidates import candidates
from pytest_rlhfstress.instruments.judged_pairs import judged_pairs
from pytest_rlhfstress.instruments.shadow_zone import shadow_zone

TRAINING = [f"billing|my question number {n}" for n in range(40)]
SHOWN = ("billing", "emergency")


def test_novel_prompts_are_told_from_familiar_ones():
    source = [
        candidates("known" if n % 2 else "alien", f"{TRAINING[n] if n % 2 else f'zxq {n} vwp krt'}", ["a", "b"], [1, 0],
                   [1, 0] if n % 2 else [0, 1])
        for n in range(30)
    ]  # fmt: skip
    zone = shadow_zone(TRAINING, judged_pairs(source), ["known"])
    for name in ("n-grams", "neighbours", "Mahalanobis"):
        assert zone.score(name).finds_unseen > 0.9
        assert zone.score(name).finds_wrong > 0.9
    assert zone.score("members") is None, "one model has no members to disagree"
    flagged = {f.family: f.flagged for f in zone.families}
    assert flagged["alien"] == 1
    assert flagged["known"] < 0.2
    assert zone.sentence.startswith("alien: 100 % of pairs wrong, 100 % of its prompts look new; telling families")


def test_recombined_prompts_look_familiar_and_only_the_members_notice():
    training = [f"{family}|my question number {n}" for n in range(60) for family in SHOWN]
    zone = shadow_zone(training, judged_pairs(world(90)), SHOWN)
    assert zone.score("n-grams").finds_unseen < 0.9
    assert zone.score("members").finds_unseen > 0.9
    assert "recombination is not novelty" in zone.caveat


def test_deciles_go_from_familiar_to_new_and_hold_every_prompt():
    zone = shadow_zone(TRAINING, judged_pairs(world(90)), SHOWN)
    for score in zone.scores:
        assert len(score.deciles) == 10
        assert sum(b.count for b in score.deciles) == 90
        stated = [b.stated for b in score.deciles]
        assert stated == sorted(stated)


def test_the_heat_map_shows_which_act_is_overpaid_where():
    zone = shadow_zone(TRAINING, judged_pairs(world(90)), SHOWN)
    heat = {(one.family, one.act): one.error for one in zone.heat}
    assert heat["billing + emergency", "book"] > 0.5
    assert heat["billing + emergency", "escalate"] < -0.5
    assert abs(heat["billing", "book"]) < 0.5
    assert len(zone.rows()) == 3


def test_features_of_the_reward_model_itself_can_be_used():
    random = np.random.default_rng(0)
    source = world(60)
    apart = np.array([[6.0 if c.family == "billing + emergency" else 0.0] for c in source])
    near, far = random.normal(size=(40, 4)), random.normal(size=(60, 4)) + apart
    zone = shadow_zone(TRAINING, judged_pairs(source), SHOWN, (near, far))
    assert zone.score("Mahalanobis").finds_unseen > 0.95
    with pytest.raises(UserError, match="one vector for each"):
        shadow_zone(TRAINING, judged_pairs(source), SHOWN, (near, far[1:]))


def test_too_little_to_compare_with_is_refused_or_said():
    with pytest.raises(UserError, match="four training prompts"):
        shadow_zone(TRAINING[:3], judged_pairs(world(9)), SHOWN)
    tied = [candidates("a", "q", ["x", "y"], [1, 2], [1, 1])]
    assert shadow_zone(TRAINING, judged_pairs(tied), ["a"]).sentence.startswith("no prompt has two replies that differ")
    everything = shadow_zone(TRAINING, judged_pairs(world(9)), ["billing", "emergency", "billing + emergency"])
    assert everything.score("n-grams").finds_unseen is None
    assert shadow_zone(TRAINING[:4], judged_pairs([]), []).families == ()
