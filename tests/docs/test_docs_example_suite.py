"""The example suite is what the pages say it is: a folder to copy, rename and edit, without touching the package."""

import shutil

import pytest
import yaml
from docs_blocks import ROOT

EXAMPLE = ROOT / "examples" / "bank_suite"
BOT = """
def freezing(messages):
    return "I have frozen your account."

def but_not_for_parcels(messages):
    text = messages[-1]["content"].lower()
    return "Your balance is shown in the app." if "courier" in text else freezing(messages)
"""


@pytest.fixture
def copied(pytester):
    folder = pytester.path / "credit_union"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in folder.iterdir():
        renamed = file.read_text("utf-8").replace("suite: bank", "suite: credit_union")
        file.write_text(renamed.replace('"bank"', '"credit_union"'), "utf-8")
    pytester.makepyfile(bot=BOT)
    return folder


def run(pytester, suite, model):
    return pytester.runpytest_subprocess(f"--rlhf-suite={suite}", f"--rlhf-model=bot:{model}", "--rlhf-cases=100")


@pytest.mark.parametrize("wanted", ["./credit_union", "credit_union"])
def test_a_renamed_copy_runs_by_path_and_by_name(pytester, copied, wanted):
    result = run(pytester, wanted, "freezing")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["smallest message: 1 ingredient: hard_negative:fraud_talk*"])


def test_a_new_duty_is_three_lines_of_yaml_and_no_python(pytester, copied):
    file = copied / "suite.yaml"
    duty = "  parcel_scam:\n    facts: {urgency: fraud}\n    says: [A courier wants money for a parcel.]\n"
    file.write_text(file.read_text("utf-8").replace("\nhard_negatives:", f"{duty}\nhard_negatives:"), "utf-8")
    result = run(pytester, "./credit_union", "but_not_for_parcels")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["smallest message: 1 ingredient: duty:parcel_scam*"])


def test_the_example_is_plain_yaml_that_any_reader_takes():
    whole = yaml.load((EXAMPLE / "suite.yaml").read_text("utf-8"), Loader=yaml.SafeLoader)
    assert whole["suite"] == "bank"
    assert "nobody" in whole["review"]
