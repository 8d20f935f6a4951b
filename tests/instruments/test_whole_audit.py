"""All nine instruments over the healthcare suite and the clinic, and what they say of one failing case."""

import json
from pathlib import Path

import pytest
from clinic_slices import answer, clinic, policy

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.explaining import evidence_of, evidence_of_failure, explain
from pytest_rlhfstress.instruments.grading import Grader
from pytest_rlhfstress.instruments.metamorphic import changed_cases, hard_negatives
from pytest_rlhfstress.instruments.overview import Subject, measure
from pytest_rlhfstress.instruments.pool import cases_by_family, families_of, pool_of_suite, score, slice_of
from pytest_rlhfstress.instruments.shadow_map import FamilyShadow, ShadowMap
from pytest_rlhfstress.preferences import PreferenceSet
from pytest_rlhfstress.rewards import reward_from
from pytest_rlhfstress.running.clinic_policy import clinic_families
from pytest_rlhfstress.suites import load_suite

INSTRUMENTS = (
    "stress_route", "reward_mirror", "coverage_ledger", "shadow_zone", "late_bell", "safety_brake",
    "disagreement_bench", "uncertainty_meter", "proxy_audit",
)  # fmt: skip


@pytest.fixture(scope="module")
def suite():
    return load_suite("healthcare")


@pytest.fixture(scope="module")
def grader(suite):
    return Grader(suite)


@pytest.fixture(scope="module")
def some_preferences():
    """A tenth of the clinic's preference data: the audit goes through it three times."""
    held = clinic().preferences.held
    return PreferenceSet("a tenth of the clinic", held[::10])


@pytest.fixture(scope="module")
def audit(suite, some_preferences):
    family = clinic_families(clinic(), suite)
    return measure(Subject(suite, some_preferences, clinic().reward, family, policy(), answer), per_family=5)


def test_the_nine_sentences_name_what_tuning_broke(audit):
    assert tuple(audit.sentences) == INSTRUMENTS
    assert audit.missing.keys() <= {"late_bell"}
    said = audit.sentences
    assert "violations go from" in said["stress_route"]
    assert said["stress_route"].startswith("intent: "), "an ordinary request beside it is what hides the emergency"
    assert ": 0 of " in said["coverage_ledger"]
    assert "0 of 14 pairs of ingredients seen together" in said["coverage_ledger"]
    for instrument in ("reward_mirror", "shadow_zone", "uncertainty_meter"):
        assert said[instrument].partition(":")[0].endswith((" + emergency", " + ambiguous"))
    assert said["safety_brake"].startswith("request + ")
    assert "calm tone adds" in said["proxy_audit"]
    assert "earned" in said["late_bell"]
    assert "contested" in said["disagreement_bench"]


def test_the_shadow_map_is_darkest_where_nothing_was_shown(audit):
    assert all(row.shown == 0 for row in audit.shadow.families[:5])
    cells = {(cell.row, cell.column): cell for cell in audit.shadow.cells()}
    assert cells["billing", "emergency"].shown == 0
    assert cells["emergency", "emergency"].shown > 0
    assert cells["billing", "emergency"].wrong > cells["billing", "billing"].wrong
    json.dumps(audit.shadow.rows())


def test_every_instrument_has_rows_of_plain_data(audit):
    for part in (
        audit.ledger,
        audit.bench,
        audit.mirror,
        audit.meter,
        audit.zone,
        audit.brake,
        audit.proxies,
        audit.doses,
    ):
        assert part.rows()
        json.dumps(part.rows())
    assert all(bell.rows() for bell in audit.bells)


def test_the_preference_data_itself_is_mirrored_against_its_votes(audit):
    assert audit.votes_mirror.truth == "the votes"
    assert audit.votes_mirror.overall.accuracy > 0.7
    assert audit.votes_meter.overall.pairs == audit.votes_mirror.overall.pairs > 500


def failing(suite, grader, family):
    for case in cases_by_family(suite, [family], 12):
        reply = answer([case])[0][0]
        if grader.harms(case, reply):
            return case, reply
    raise AssertionError(f"the clinic fails in no case of {family}")


def test_a_failing_case_is_explained_by_what_reviewers_saw_and_what_was_paid(audit, suite, grader):
    case, reply = failing(suite, grader, "billing + emergency")
    evidence = evidence_of_failure(audit, case, reply, clinic().reward, grader)
    assert (evidence.shown, evidence.nearest[0]) == (0, "emergency")
    assert evidence.margin > 0
    paid = score(clinic().reward, [(case.messages, reply), (case.messages, case.safe_reply)]).mean(axis=1)
    assert evidence.margin == pytest.approx(paid[0] - paid[1])
    seen, reward, earned, agreed = explain(evidence)
    assert seen.startswith(
        f"billing + emergency: 0 of {audit.ledger.prompts} prompts shown to reviewers (emergency alone: "
    )
    assert reward.startswith(
        f"the reward model pays {evidence.margin:.2f} more for this reply than for a safe one, is "
    )
    assert "two of its members disagree with a chance of" in reward
    assert earned.startswith('what was paid for: "')
    assert agreed.endswith("; nobody voted on billing + emergency")


def test_a_family_is_explained_without_a_reply_too(audit):
    seen, reward, *rest = explain(evidence_of(audit, "emergency"))
    assert " prompts shown to reviewers" in seen
    assert "(" not in seen, "it was shown itself"
    assert reward.startswith("the reward model is ")
    assert rest[-1].startswith("reviewers agree on ")
    unknown = explain(evidence_of(audit, "weather"))
    assert unknown[-1] == "no two reviewers voted on such a message"
    assert len(unknown) == 2


def test_a_single_reward_function_and_one_anonymous_vote_a_pair_are_enough(suite, some_preferences):
    def longer_is_better(conversation, reply):
        return len(reply) / 100

    bare = PreferenceSet(
        "bare", tuple(p.__class__(p.prompt, p.chosen, p.rejected) for p in some_preferences.held[:400])
    )
    audit = measure(Subject(suite, bare, reward_from(longer_is_better)), per_family=2)
    assert audit.brake is None
    assert audit.doses is None
    assert audit.sentences["safety_brake"].startswith("not measured: ")
    assert audit.sentences["stress_route"].startswith("not measured: ")
    assert audit.sentences["disagreement_bench"].startswith("no item has two votes")
    assert audit.truth == "signals of healthcare 1.0"
    assert audit.mirror.overall.accuracy == pytest.approx(audit.mirror.overall.always_longer)
    assert audit.meter.overall.split is None
    length = audit.proxies.of("length")
    assert length.effect > 1
    assert length.judgement == "unearned"


def test_no_preference_data_at_all_is_said_so(suite):
    audit = measure(Subject(suite, PreferenceSet("empty", ()), clinic().reward), per_family=1)
    assert audit.ledger.sentence.startswith("the preference data is empty")
    assert audit.sentences["shadow_zone"] == "not measured: fewer than four prompts in the preference data"
    assert audit.votes_mirror is audit.votes_meter is None


def test_a_model_asked_several_times_is_pressed_by_estimation(suite, some_preferences):
    def sampled(cases):
        return [
            [clinic().assistant.reply([m.as_dict() for m in case.messages], sample) for sample in (1, 2, 3)]
            for case in cases
        ]

    audit = measure(Subject(suite, some_preferences, clinic().reward, answer=sampled), per_family=2)
    curve = audit.brake.of("all", "best of n, sampled")
    assert [p.setting for p in curve.points] == ["best of 1", "best of 2"]
    assert "upper bound" in curve.kl_is


def test_a_reward_model_that_raises_or_returns_nothing_finite_stops_with_its_name(suite, some_preferences):
    def broken(conversation, reply):
        if "911" in reply:
            raise ValueError("cannot score emergencies")
        return 0.0

    def unsure(conversation, reply):
        return float("nan")

    for function, said in ((broken, "broken raised ValueError"), (unsure, "unsure .* must be a finite number")):
        with pytest.raises(UserError, match=f"the reward model .*{said}"):
            measure(Subject(suite, some_preferences, reward_from(function)), per_family=1)


def test_every_family_of_the_suite_has_cases_and_its_slice(suite):
    families = families_of(suite)
    assert {"billing", "general", "emergency", "ambiguous", "billing + emergency", "general + emergency"} <= set(
        families
    )
    cases = cases_by_family(suite, families, 3)
    assert {case.family for case in cases} == set(families)
    assert len({case.text for case in cases}) == len(cases)
    assert cases == cases_by_family(suite, families, 3)
    assert [slice_of(suite, f) for f in ("billing", "emergency", "billing + emergency", "billing + records")] == [
        "request", "emergency", "request + emergency", "request",
    ]  # fmt: skip


def test_replies_are_graded_by_what_the_case_demands(suite, grader):
    # Beside a wish to die, the suite's safe reply leaves the bill for later.
    urgent = next(c for c in cases_by_family(suite, ["billing + emergency"]) if c.facts["crisis"] == "no")
    routine = cases_by_family(suite, ["billing"], 1)[0]
    assert "escalation" in grader.duty(urgent)
    assert grader.duty(routine) == frozenset()
    assert grader.worth(urgent, urgent.safe_reply) == 3
    assert grader.worth(urgent, routine.safe_reply) == 1
    assert grader.harms(urgent, routine.safe_reply)
    assert not grader.harms(urgent, urgent.safe_reply)
    assert grader.worth(routine, routine.safe_reply) == 1
    assert grader.worth(routine, urgent.safe_reply) < 0
    assert grader.overreacts(routine, urgent.safe_reply)
    assert not grader.overreacts(urgent, urgent.safe_reply)
    assert grader.is_style("Thank you so much for telling us.")
    assert not grader.is_style("Please call 911 now.")


def test_a_suite_of_another_domain_is_audited_without_a_line_of_python(some_preferences):
    bank = load_suite(Path(__file__).parents[2] / "examples" / "bank_suite")

    def careless(cases):
        return [["Your balance is shown in the app."] for _ in cases]

    def longer_is_better(conversation, reply):
        return len(reply) / 100

    audit = measure(Subject(bank, some_preferences, reward_from(longer_is_better), answer=careless), per_family=3)
    assert {f.family for f in audit.mirror.families} == {
        "account",
        "cards",
        "fraud",
        "account + fraud",
        "cards + fraud",
    }
    assert audit.doses.of("intent").plain_rate == 1
    assert audit.doses.over_escalation == (0, 40)
    assert Grader(bank).urgent == {"freeze"}


def test_safe_replies_are_worth_most_among_the_suites_own(suite, grader):
    cases = cases_by_family(suite, families_of(suite), 3)
    pool = pool_of_suite(cases, clinic().reward, grader, [()] * len(cases))
    assert all(one.truth[0] == one.truth.max() for one in pool)
    assert all(not one.harmful[0] for one in pool)


def test_changed_cases_differ_from_their_plain_twin_in_one_category_only(suite):
    changed = changed_cases(suite, per_change=6)
    plain = {one.prompt: one.case for one in changed if one.dose == 0}
    assert {one.change for one in changed} == {"intent", "pressure", "attack", "shift", "placement"}
    for one in changed:
        twin = plain[one.prompt]
        assert one.label_kept
        assert one.case.urgency == "emergency"
        assert len(one.case.names(one.change)) == one.dose
        assert [i for i in one.case.ingredients if i.category != one.change] == list(twin.ingredients)
    doses = [one.dose for one in changed if one.change == "placement"]
    assert doses.count(1) >= 4, "most messages have a place to bury the emergency in"
    assert all(case.has("hard_negative") for case in hard_negatives(suite, 5))


def test_the_map_of_nothing():
    empty = ShadowMap(())
    assert empty.sentence == "no family was measured"
    assert empty.cells() == ()
    unknown = ShadowMap((FamilyShadow("billing", 3, 9, None, None, None, None),))
    assert unknown.sentence == "billing: shown 3 times of 9, unknown wrong, unknown sure"
    assert unknown.cells()[0].wrong is None
