"""What the disagreement bench counts and says."""

import math

import numpy as np
import pytest
from small_world import act_of, family_of, pair

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.disagreement_bench import LISTED, Bench
from pytest_rlhfstress.instruments.votes import SUBSTANCE, TONE, VotedItem, items_of_pairs, items_of_ratings
from pytest_rlhfstress.preferences import Rating

ESCALATE, CALM, BOOK = "Call 911 now.", "Don't worry. Call 911 now.", "I can book you in."


def rated(*items, **fields):
    return [VotedItem(str(at), tuple(zip("abcdefgh", votes, strict=False)), **fields) for at, votes in enumerate(items)]


def test_alpha_and_raw_agreement_stand_side_by_side_for_the_prevalence_paradox():
    report = Bench.of(rated(*[[0, 0, 0]] * 98, *[[0, 0, 1]] * 2)).report()
    assert report.overall.raw == pytest.approx(0.98667, abs=1e-5)
    assert report.overall.alpha == pytest.approx(-0.003355, abs=1e-6)


def test_ordinal_ratings_with_missing_votes_match_the_canonical_matrix():
    raters = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    ratings = [
        Rating(f"item {at}", f"rater {name}", value) for name, row in enumerate(raters) for at, value in enumerate(row)
    ]
    report = Bench.of(items_of_ratings(ratings)).report("ordinal")
    assert report.overall.alpha == pytest.approx(0.8153875, abs=1e-6)
    assert (report.overall.items, report.overall.dropped) == (12, 1)


def voted_by(random, agreement, prevailing, n=400):
    """Pairs whose file puts the majority's reply first; ``prevailing`` is the chance that replies really differ."""
    for at in range(n):
        truth = random.random() < 0.5
        votes = [truth if random.random() < agreement else not truth for _ in range(3)]
        first = sum(votes) >= 2
        marks = " ".join(f"{rater}{'+' if vote == first else '-'}" for rater, vote in zip("abc", votes, strict=True))
        yield pair(f"billing|{at}", *((ESCALATE, BOOK) if first else (BOOK, ESCALATE)), marks)


def test_the_order_in_the_file_does_not_make_raters_look_prejudiced():
    random = np.random.default_rng(0)
    pairs = list(voted_by(random, agreement=0.8, prevailing=0.5))
    report = Bench.of(items_of_pairs(pairs, family_of)).report()
    as_filed = Bench.of(
        VotedItem(str(at), tuple((v.rater, v.choice) for v in one.votes)) for at, one in enumerate(pairs)
    ).report()
    independent = 0.8**2 + 0.2**2
    expected = 1 - (1 - independent) / 0.5
    assert report.overall.alpha == pytest.approx(expected, abs=0.07)
    assert as_filed.overall.alpha < expected - 0.25, "winners first would have looked like chance agreement"


def test_tone_and_substance_are_told_apart_by_family():
    pairs = [pair(f"emergency|{n}", ESCALATE, CALM, "a+ b- c+" if n % 2 else "a+ b- c-") for n in range(20)]
    pairs += [pair(f"emergency|{n}", ESCALATE, BOOK, "a+ b+ c+") for n in range(20)]
    report = Bench.of(items_of_pairs(pairs, family_of, act_of)).report()
    tone, substance = report.agreement("emergency", TONE), report.agreement("emergency", SUBSTANCE)
    assert tone.contested == 20
    assert tone.alpha < 0.1
    assert (substance.raw, substance.contested) == (1, 0)
    assert report.agreement("emergency").items == 40
    assert report.agreement("", TONE).items == 20
    assert report.sentence == (
        f"emergency, replies differing in tone: 100 % of 20 items contested "
        f"(raw agreement 33 %, alpha {tone.alpha:.2f})"
    )


def test_contested_pairs_on_which_the_reward_model_is_sure_are_listed_first():
    pairs = [pair(f"billing|{n}", ESCALATE, BOOK, "a+ b-" if n < 30 else "a+ b+", item=f"{n:03}") for n in range(60)]
    sure = {f"billing|{n}": 0.5 + (n % 30) / 60 for n in range(60)}
    report = Bench.of(items_of_pairs(pairs, family_of, act_of, lambda p: sure[p.text])).report()
    assert [one.item for one in report.contested][:3] == ["029", "028", "027"]
    assert len(report.contested) == 30
    assert report.contested[0].votes == (("a", report.contested[0].votes[0][1]), ("b", report.contested[0].votes[1][1]))
    assert report.hidden == {"billing": sum(sure[f"billing|{n}"] >= 0.8 for n in range(30))}
    assert report.sentence.endswith("the reward model is 80 % sure or more on 12 contested items")


def test_only_the_most_telling_items_are_kept():
    items = rated(*[["x", "y"]] * 500)
    report = Bench.of(items).report()
    assert len(report.contested) == LISTED
    assert report.overall.contested == 500


def test_raters_are_compared_two_by_two():
    bench = Bench.of(
        [
            VotedItem("1", (("nurse", "x"), ("desk", "x"), ("manager", "y"))),
            VotedItem("2", (("desk", "x"), ("nurse", "y"), ("manager", None))),
            VotedItem("3", (("", "x"), ("", "y"), ("nurse", "x"), ("nurse", "y"))),
        ]
    )
    raters = {(r.first, r.second): (r.items, r.agreed) for r in bench.report().raters}
    assert raters == {("desk", "nurse"): (2, 0.5), ("desk", "manager"): (1, 0), ("manager", "nurse"): (1, 0)}


@pytest.mark.parametrize(
    ("items", "alpha", "raw", "said"),
    [
        ([], None, None, "no item was voted on"),
        (rated([1], [2]), None, None, "no item has two votes (2 items): agreement cannot be measured"),
        (rated([1, 1], [1, 1]), None, 1, "overall: 0 % of 2 items contested (raw agreement 100 %, alpha undefined)"),
        (rated([1, 2]), 0, 0, "overall: 100 % of 1 item contested (raw agreement 0 %, alpha 0.00)"),
        (rated([None, None]), None, None, "no item has two votes (1 item): agreement cannot be measured"),
    ],
)
def test_too_little_or_too_equal_votes_have_a_defined_answer(items, alpha, raw, said):
    report = Bench.of(items).report()
    assert report.overall.alpha == (None if alpha is None else pytest.approx(alpha))
    assert report.overall.raw == raw
    assert report.sentence == said


def test_ties_everywhere_agree_and_cannot_disagree():
    report = Bench.of(items_of_pairs([pair("billing|x", ESCALATE, BOOK, "a= b=")] * 3, family_of)).report()
    assert (report.overall.alpha, report.overall.raw) == (None, 1)


def test_a_pair_without_votes_is_one_anonymous_vote_and_measures_no_agreement():
    report = Bench.of(items_of_pairs([pair("billing|x", ESCALATE, BOOK)], family_of)).report()
    assert (report.overall.items, report.overall.dropped) == (1, 1)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 0.3, 1.2])
def test_a_sureness_that_is_none_is_refused_by_the_items_name(wrong):
    with pytest.raises(UserError, match=r"item '0'.*between 0\.5 and 1"):
        Bench.of(rated(["x", "y"], sure=wrong))


def test_a_vote_of_nan_is_refused_and_words_have_no_ordinal_scale():
    with pytest.raises(UserError, match="says nothing"):
        Bench.of(rated([math.nan, 1.0]))
    with pytest.raises(UserError, match="needs numbers"):
        Bench.of(rated(["x", "y"])).report("ordinal")


def test_rows_are_plain_data():
    rows = Bench.of(rated(["x", "y"], ["x", "x"], family="billing")).report().rows()
    assert [row["family"] for row in rows] == ["", "billing"]
    assert rows[0]["items"] == 2
