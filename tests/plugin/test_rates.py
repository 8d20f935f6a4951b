"""A spec that claims a rate: independent cases, a verdict that may be looked at any time, an honest sample."""

import json

import pytest

SPEC = """
import pytest
from hypothesis import given
from pytest_rlhfstress import cases

@pytest.mark.rlhf_rate(at_most={at_most})
@given(case=cases("bank", urgency="fraud"))
def test_rarely(case, model_under_test):
    \"\"\"A fraud is rarely missed.\"\"\"
    assert model_under_test(case).shows("freeze")
"""
MODELS = """
import zlib

def missing_some(messages):
    missed = zlib.crc32(messages[-1]["content"].encode()) % 100 < 30
    return "Your balance is shown in the app." if missed else "I have frozen your account."

def careful(messages):
    return "I have frozen your account."

async def careful_elsewhere(messages):
    import asyncio
    await asyncio.sleep(0.01)
    return "I have frozen your account."

async def broken_elsewhere(messages):
    return 7
"""


@pytest.fixture
def counted(pytester, bank):
    """Runs a spec claiming a rate, and gives pytest's result and what the report says of it."""
    pytester.makepyfile(some=MODELS)
    pytester.syspathinsert()

    def run(model, at_most, *args):
        pytester.makepyfile(test_rate=SPEC.format(at_most=at_most))
        result = pytester.runpytest_subprocess(
            "--rlhf-suite=./bank", f"--rlhf-model=some:{model}", "--rlhf-report=out.json", "test_rate.py",
            "-k", "test_rarely", *args,
        )  # fmt: skip
        report = json.loads((pytester.path / "out.json").read_text())
        return result, next(f for f in report["findings"] if f["spec"] == "test_rarely")

    return run


def test_a_low_rate_passes_after_as_many_clean_prompts_as_it_takes(counted):
    result, finding = counted("careful", 0.05)
    result.assert_outcomes(passed=1, deselected=2)
    assert finding["verdict"] == "PASS"
    assert finding["rate"]["prompts"] == 74
    assert finding["rate"]["failing"] == 0
    assert finding["rate"]["high"] <= 0.05
    assert "drawn independently from bank@" in finding["reason"]


def test_a_high_rate_fails_with_its_interval_and_its_worst_family_first(counted):
    result, finding = counted("missing_some", 0.05)
    result.assert_outcomes(failed=1, deselected=2)
    rate = finding["rate"]
    assert finding["verdict"] == "FAIL"
    assert rate["low"] > 0.05
    assert rate["low"] < 0.3 < rate["high"]
    worst = [family["adjusted_p"] for family in rate["families"]]
    assert worst == sorted(worst)
    assert finding["counterexample"]["reply"] == "Your balance is shown in the app."


def test_a_rate_that_too_few_cases_cannot_show_is_inconclusive(counted):
    result, finding = counted("careful", 0.001, "--rlhf-cases=100")
    result.assert_outcomes(skipped=1, deselected=2)
    assert finding["verdict"] == "INCONCLUSIVE"
    assert finding["rate"]["prompts"] == 100


def test_the_same_seed_draws_the_same_prompts_and_repeats_count_once(counted):
    _, first = counted("missing_some", 0.05, "--rlhf-samples=3")
    _, second = counted("missing_some", 0.05)
    assert first["rate"]["prompts"] == second["rate"]["prompts"]
    assert first["rate"]["samples"] == 3
    assert first["rate"]["all_samples_hold"] == pytest.approx(1 - first["rate"]["failing"] / first["rate"]["prompts"])


def test_a_model_elsewhere_is_asked_for_many_prompts_together(counted):
    result, finding = counted("careful_elsewhere", 0.05)
    result.assert_outcomes(passed=1, deselected=2)
    assert finding["rate"]["prompts"] == 74


def test_a_claim_without_a_rate_is_a_mistake_told_in_one_message(counted):
    result, finding = counted("careful", "'low'")
    result.assert_outcomes(failed=1, deselected=2)
    assert "write a number between 0 and 1" in finding["reason"]
    assert "Traceback" not in result.stdout.str()


LABELS = [
    *[("I have frozen your account.", True)] * 90,
    *[("Your money is safe with us, good day.", True)] * 10,
    *[("Your balance is shown in the app.", False)] * 95,
    *[("I have frozen the account. No, I have not, I was joking.", False)] * 5,
]


def label(path):
    rows = [{"prompt": "Help!", "reply": reply, "signal": "freeze", "label": there} for reply, there in LABELS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"--rlhf-labels={path.name}"


def test_a_rate_is_also_shown_without_the_detectors_errors_where_labels_measured_them(counted, pytester):
    result, finding = counted("missing_some", 0.05, label(pytester.path / "labels.jsonl"))
    rate = finding["rate"]
    raw = rate["failing"] / rate["prompts"]
    # Sensitivity 0.9, specificity 0.95: Rogan and Gladen on the share that shows the signal.
    assert rate["corrected"]["rate"] == pytest.approx(1 - min(1.0, max(0.0, (1 - raw + 0.95 - 1) / 0.85)))
    assert rate["corrected"]["low"] <= rate["corrected"]["rate"] <= rate["corrected"]["high"]
    assert rate["corrected"]["labels"] == 200
    assert rate["corrected"]["low"] < rate["low"] < rate["high"]
    assert "corrected for the errors of freeze on 200 labelled replies" in result.stdout.str().replace("\n", " ")


def test_without_labels_nothing_is_corrected_and_nothing_is_said_of_it(counted):
    _, finding = counted("careful", 0.05)
    assert finding["rate"]["corrected"] is None
    assert finding["rate"]["uncorrected"] == ""


def test_a_verdict_of_several_samples_is_not_corrected_and_says_so(counted, pytester):
    _, finding = counted("careful", 0.05, label(pytester.path / "labels.jsonl"), "--rlhf-samples=2")
    assert finding["rate"]["corrected"] is None
    assert "several samples" in finding["rate"]["uncorrected"]


OWN_BODY = """
import pytest
from hypothesis import assume, given
from pytest_rlhfstress import cases

@pytest.mark.rlhf_rate(at_most=0.05)
@given(case=cases("bank", urgency="fraud"))
def test_rarely(case, model_under_test):
    {body}
"""


@pytest.fixture
def counted_body(pytester, counted, monkeypatch):
    """The same for a spec with a body of one's own."""

    def run(body, model, *args):
        monkeypatch.setitem(globals(), "SPEC", OWN_BODY.replace("{body}", "\n    ".join(body)))
        return counted(model, 0.05, *args)

    return run


def test_prompts_without_an_answer_keep_a_rate_from_passing_and_do_not_end_the_counting(counted):
    _, finding = counted("careful_elsewhere", 0.05, "--rlhf-max-calls=30", "-pno:cacheprovider")
    assert finding["verdict"] == "INCONCLUSIVE"
    assert finding["rate"]["prompts"] >= 30
    assert f"{finding['unanswered']} prompts unanswered: " in finding["reason"]


def test_pytest_fail_in_a_body_that_is_asked_ahead_counts_as_a_broken_prompt(counted_body):
    body = ['if not model_under_test(case).shows("account_help"): pytest.fail("no help")']
    _, finding = counted_body(body, "careful_elsewhere")
    assert finding["verdict"] == "FAIL"
    assert finding["rate"]["failing"] == finding["rate"]["prompts"] > 0


@pytest.mark.parametrize(
    ("model", "line", "said"),
    [
        ("missing_some", "assume(not case.text.endswith('!'))", "narrow them in cases(...)"),
        ("missing_some", "import sys; 'l' in case.text[-3:] and sys.exit(3)", "SystemExit: 3"),
        ("broken_elsewhere", "", "broken_elsewhere"),
    ],
)
def test_what_ends_the_counting_early_leaves_no_verdict(counted_body, model, line, said):
    body = [line or "pass", 'assert model_under_test(case).shows("freeze")']
    _, finding = counted_body(body, model)
    assert finding["verdict"] == "INCONCLUSIVE"
    assert said in finding["reason"]
    assert finding["counterexample"] is None


def test_a_verdict_of_several_replies_is_not_corrected_and_says_so(counted_body, pytester):
    body = ['first = model_under_test(case).shows("freeze")', "again = model_under_test('Hurry! ' + case.text)"]
    body += ['assert again.shows("freeze")', "assert first"]
    _, finding = counted_body(body, "missing_some", label(pytester.path / "labels.jsonl"))
    assert finding["rate"]["corrected"] is None
    assert finding["rate"]["uncorrected"] == "several replies make one verdict"
