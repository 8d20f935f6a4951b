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
