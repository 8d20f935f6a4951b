"""What the coverage ledger counts and says."""

import pytest
from small_world import act_of, family_of, pair

from pytest_rlhfstress.instruments.coverage_ledger import Ledger

ESCALATE, CALM, BOOK = "Call 911 now.", "Don't worry. Call 911 now.", "I can book you in."
SEEN = [
    pair("billing|one", BOOK, ESCALATE, "nurse+ desk+ manager-"),
    pair("billing|one", BOOK, ESCALATE),
    pair("billing|two", BOOK, "Our office will see to your bill.", "nurse="),
    pair("emergency|three", ESCALATE, CALM, "nurse+ desk-"),
    pair("emergency|four", ESCALATE, BOOK, "nurse? desk?"),
    pair("hello", BOOK, ESCALATE),
]
FAMILIES = ["billing", "emergency", "billing + emergency"]


@pytest.fixture
def report():
    return Ledger.of(SEEN, family_of, act_of).report(FAMILIES, ["escalate", "book", "ask"])


def test_it_counts_prompts_pairs_and_votes(report):
    assert (report.pairs, report.prompts, report.votes, report.never_rated) == (6, 5, 3 + 1 + 1 + 2 + 0 + 1, 1)
    billing = report.shown("billing")
    assert (billing.prompts, billing.pairs, billing.same_act) == (2, 3, 1)
    assert billing.never_compared == ("ask",)
    assert report.shown("emergency").prompts == 2
    assert report.shown("billing + emergency").prompts == 0
    assert report.shown("weather") is None


def test_it_names_what_no_reviewer_saw_and_the_share_that_fits_no_family(report):
    assert report.never_shown == ("billing + emergency",)
    assert report.unmapped == pytest.approx(1 / 6)
    assert report.sentence == (
        "billing + emergency: 0 of 5 prompts shown to reviewers; 0 of 1 pairs of ingredients seen together; "
        "17 % of the pairs fit no family"
    )


def test_full_coverage_alone_can_go_with_none_in_pairs(report):
    alone, pairs = report.coverage
    assert (alone.strength, alone.covered, alone.feasible) == (1, 2, 2)
    assert (pairs.strength, pairs.covered, pairs.feasible, pairs.missing) == (2, 0, 1, (("billing", "emergency"),))


def test_combinations_are_counted_up_to_triples_over_levels_of_ones_own():
    def levels(pair):
        return {"family=billing", f"locale={'US' if 'one' in pair.text else 'UK'}", f"length={len(pair.text) // 12}"}

    ledger = Ledger.of(SEEN[:3], family_of, act_of, levels)
    assert ledger.combinations(2)["family=billing", "locale=US"] == 2
    assert sum(ledger.combinations(3).values()) == 3
    feasible = {3: [("family=billing", "length=0", "locale=US"), ("family=billing", "length=0", "locale=UK")]}
    (triples,) = ledger.report(["billing"], feasible=feasible).coverage
    assert (triples.covered, triples.feasible) == (2, 2)


def test_it_counts_the_acts_that_were_compared_and_chosen(report):
    acts = {(a.family, a.act): (a.compared, a.chosen) for a in report.acts}
    assert acts["billing", "book"] == (2, 2)
    assert acts["billing", "escalate"] == (2, 0)
    assert acts["emergency", "escalate"] == (0, 0), "the only pair of different acts was abstained from"
    assert acts["billing", "ask"] == (0, 0)


def test_it_names_what_the_model_does_and_nobody_judged():
    ledger = Ledger.of(SEEN, family_of, act_of)
    report = ledger.report(FAMILIES, ["escalate", "book"], generated={("emergency", "book"), ("billing", "book")})
    assert [(a.family, a.act) for a in report.generated_but_never_compared] == [("emergency", "book")]


def test_effective_families_and_unseen_mass_carry_their_condition(report):
    assert report.effective == pytest.approx((2.0, 2.0))
    assert report.unseen.share == 0
    assert "drawn at random" in report.unseen.condition


def test_no_data_is_said_to_be_no_data():
    empty = Ledger.of([], family_of, act_of)
    assert empty.report(FAMILIES).sentence == "the preference data is empty: no prompt was shown to reviewers"
    assert empty.report([]).families == ()
    unsorted = Ledger.of(SEEN[-1:], family_of, act_of).report([])
    assert "no family was named" in unsorted.sentence


def test_rows_are_plain_data(report):
    assert report.rows()[0] == {
        "family": "billing", "prompts": 2, "pairs": 3, "same_act": 1, "never_compared": ("ask",),
    }  # fmt: skip


def test_replies_in_other_scripts_and_very_long_rows_are_counted_like_any(report):
    rows = [
        pair("billing|腹が痛い", "すぐに119番へ", "予約できます" * 10),
        pair("billing|" + "x" * 10_000_000, "a", "b"),
    ]
    assert Ledger.of(rows, family_of, act_of).report(["billing"]).shown("billing").prompts == 2
