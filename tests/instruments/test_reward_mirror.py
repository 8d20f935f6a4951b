"""What the reward mirror measures and says."""

import numpy as np
import pytest
from small_world import FAMILIES, family_of, pair, world

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.candidates import candidates, candidates_of_pairs
from pytest_rlhfstress.instruments.judged_pairs import judged_pairs, proposed_pairs
from pytest_rlhfstress.instruments.reward_mirror import reward_mirror

SHORT, LONG = "Yes.", "Yes, and here is very much more about it than anybody asked for."


def test_it_finds_the_family_in_which_the_reward_parts_from_the_rubric():
    mirror = reward_mirror(judged_pairs(world()), "rubric-1")
    assert mirror.worst.family == "billing + emergency"
    assert mirror.of("billing + emergency").accuracy < 0.2
    assert mirror.of("billing").accuracy > 0.8
    assert mirror.of("billing + emergency").tau < 0 < mirror.of("billing").tau
    assert mirror.of("billing + emergency").regret > 3
    assert mirror.of("billing + emergency").distance > 0.8
    assert mirror.of("weather") is None
    assert " of reply pairs ordered in line with rubric-1 (always the " in mirror.sentence
    assert mirror.sentence.startswith("billing + emergency: ")


def test_its_accuracy_is_that_of_all_pairs_with_an_interval_over_prompts():
    source = world(prompts=30)
    mirror = reward_mirror(judged_pairs(source), "rubric-1")
    right = [
        float(c.proxy[a] > c.proxy[b]) if c.truth[a] > c.truth[b] else float(c.proxy[a] < c.proxy[b])
        for c in source
        for a in range(4)
        for b in range(a)
    ]
    assert mirror.overall.accuracy == pytest.approx(np.mean(right))
    assert mirror.overall.accuracy in mirror.overall.interval
    assert (mirror.overall.prompts, mirror.overall.pairs) == (30, 180)


def test_a_reward_for_length_is_no_better_than_always_the_longer():
    random = np.random.default_rng(0)
    source = []
    for at in range(60):
        replies = ["x" * int(n) for n in random.integers(5, 400, 4)]
        worth = random.normal(size=4) + np.array([len(r) for r in replies]) / 300
        source.append(candidates("billing", f"q{at}", replies, [len(r) / 100 for r in replies], worth))
    mirror = reward_mirror(judged_pairs(source), "rubric-1")
    assert mirror.overall.accuracy == pytest.approx(mirror.overall.always_longer)
    assert mirror.overall.length_correlation == pytest.approx(1)
    assert not mirror.overall.beats_length
    assert mirror.warnings == ("not shown to be better than judging by length alone: billing",)


def test_confident_disagreements_are_listed_with_their_replies_worst_first():
    mirror = reward_mirror(judged_pairs(world()), "rubric-1")
    worst = mirror.disagreements[0]
    assert worst.family == "billing + emergency"
    assert "911" in worst.better
    assert "911" not in worst.preferred
    margins = [one.margin for one in mirror.disagreements]
    assert margins == sorted(margins, reverse=True)
    assert all(one.truth_gap > 0 for one in mirror.disagreements)


def test_histogram_and_points_are_there_to_be_drawn():
    mirror = reward_mirror(judged_pairs(world()), "rubric-1")
    edges, counts = mirror.margins
    assert len(edges) == len(counts) + 1
    assert sum(counts) == mirror.overall.pairs
    assert len(mirror.points) == 160
    assert {family for family, _, _ in mirror.points} == set(FAMILIES[:3])
    assert [row["family"] for row in mirror.rows()] == ["all", "billing", "billing + emergency", "emergency"]


def test_votes_foretold_almost_perfectly_are_suspected_to_have_been_trained_on():
    pairs = [pair(f"billing|{n}", LONG, SHORT) for n in range(60)]
    rewards = [[[1.0], [0.0]]] * 60
    known = reward_mirror(judged_pairs(candidates_of_pairs(pairs, rewards, family_of)))
    assert "were these pairs trained on?" in known.warnings[0]
    assert known.overall.tau is None, "two replies have no ranking beyond their order"


def test_pairs_of_preference_data_are_worth_their_share_of_the_votes():
    pairs = [
        pair("billing|1", LONG, SHORT, "a+ b+ c-"),
        pair("billing|2", LONG, SHORT, "a? b?"),
        pair("billing|3", LONG, SHORT, "a= b="),
    ]
    found = candidates_of_pairs(pairs, [[[1.0], [0.0]]] * 3, family_of, lambda reply: "answer")
    assert [c.truth.tolist() for c in found] == [pytest.approx([2 / 3, 1 / 3]), [0.5, 0.5]]
    assert found[0].acts == ("answer", "answer")
    judged = judged_pairs(found)
    assert judged.gap.tolist() == pytest.approx([1 / 3])


def test_nothing_to_compare_is_said_to_be_so():
    empty = reward_mirror(judged_pairs([]), "rubric-1")
    assert empty.overall.accuracy is None
    assert empty.sentence == "no two replies to one prompt differ in worth by rubric-1: nothing to compare"
    tied = reward_mirror(judged_pairs([candidates("billing", "q", ["a", "b", "c"], [1, 2, 3], [1, 1, 1])]), "rubric-1")
    assert (tied.overall.accuracy, tied.overall.tau, tied.overall.distance) == (None, None, None)
    flat = reward_mirror(judged_pairs([candidates("billing", "q", ["a", "b", "c"], [1, 1, 1], [1, 2, 3])]), "rubric-1")
    assert (flat.overall.accuracy, flat.overall.tau, flat.overall.regret) == (0.5, None, 1)
    single = reward_mirror(judged_pairs([candidates("billing", "q", ["a"], [1], [1])]), "rubric-1")
    assert single.overall.pairs == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"replies": []}, "there is no reply"),
        ({"rewards": [1, float("nan")]}, r"prompt 'my bill': rewards: 1 of 2 are NaN or infinite"),
        ({"rewards": [1, float("inf")]}, "NaN or infinite"),
        ({"rewards": [1]}, "2 replies, but 1 rewards"),
        ({"truth": [1, 2, 3]}, "2 replies, but 3 true worth"),
        ({"reference": [0.5, 0.2]}, "must sum to 1"),
        ({"reference": [1.0]}, "one reference chance"),
        ({"harmful": [True]}, "one reference chance and one judgement"),
        ({"acts": ["one"]}, "2 replies, but 1 acts"),
    ],
)
def test_candidates_that_do_not_fit_together_are_refused(fields, said):
    given = {"replies": ["a", "b"], "rewards": [1, 2], "truth": [1, 2], **fields}
    with pytest.raises(UserError, match=said):
        candidates("billing", "my bill", **given)


def test_prompts_scored_by_different_ensembles_are_refused():
    mixed = [
        candidates("a", "q", ["x", "y"], [1, 2], [1, 2]),
        candidates("a", "r", ["x", "y"], np.ones((2, 3)), [1, 2]),
    ]
    with pytest.raises(UserError, match="same members"):
        judged_pairs(mixed)
    with pytest.raises(UserError, match="shape"):
        candidates_of_pairs([pair("a|b", "x", "y")] * 2, [[[1.0], [2.0]]], family_of)
    with pytest.raises(UserError, match="no reference chances"):
        proposed_pairs([candidates("a", "q", ["x", "y"], [1, 2], [1, 2])])


def test_centring_makes_members_comparable_and_changes_no_order():
    one = candidates("a", "q", ["x", "y"], [[1.0, 101.0], [2.0, 103.0]], [0, 1], [0.25, 0.75])
    assert 0.25 * one.centred[0] + 0.75 * one.centred[1] == pytest.approx([0, 0])
    assert one.centred[1] - one.centred[0] == pytest.approx([1, 2])
    assert one.centred_truth == pytest.approx([-0.75, 0.25])


def test_pairs_proposed_to_reviewers_follow_the_reference():
    source = world(prompts=300)
    judged = proposed_pairs(source, per_prompt=8)
    involved = np.concatenate([judged.first, judged.second])
    share = np.bincount(involved, minlength=4) / involved.size
    assert share[0] > share[2] > share[3]
    assert (judged.gap > 0).all()


def test_many_replies_are_compared_in_a_random_part_of_their_pairs():
    one = candidates("a", "q", [str(n) for n in range(40)], range(40), range(40))
    judged = judged_pairs([one], most=100)
    assert len(judged.gap) == 100
    assert len(set(zip(judged.first.tolist(), judged.second.tolist(), strict=True))) == 100
