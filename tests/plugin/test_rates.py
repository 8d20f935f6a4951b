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
