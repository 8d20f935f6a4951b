"""The suites beside healthcare: they say who reviewed them, share what they share, and run with no model configured."""

import json
import re
from fnmatch import fnmatch

import pytest

from pytest_rlhfstress.suites import load_suite, shipped_suites
from pytest_rlhfstress.suites.yaml_lines import read_yaml

SUITES = ("crisis", "finance", "overrefusal", "sycophancy", "privacy")
ROOT = shipped_suites()["crisis"].parent


@pytest.mark.parametrize("name", SUITES)
def test_who_reviewed_the_vocabulary_is_said_twice(name):
    assert "reviewed by nobody" in load_suite(name).review
    assert "**The vocabulary was reviewed by nobody" in (ROOT / name / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", SUITES)
def test_the_readme_counts_the_invariants_and_names_every_file_of_yaml_and_python(name):
    text = (ROOT / name / "README.md").read_text("utf-8")
    specs = sum(file.read_text("utf-8").count("\ndef test_") for file in (ROOT / name).glob("test_*.py"))
    assert f"{specs} invariants" in text
    assert specs >= 8
    named = re.findall(r"`([\w*]+\.(?:yaml|py))`", text)
    files = [file.name for file in (ROOT / name).iterdir() if file.suffix in (".yaml", ".py")]
    assert not [file for file in files if not any(fnmatch(file, pattern) for pattern in named)]


@pytest.mark.parametrize("name", SUITES)
def test_every_signal_has_labelled_examples_of_both_kinds(name):
    for file in (ROOT / name).glob("*.yaml"):
        for signal, fields in read_yaml(file).data.get("signals", {}).items():
            labels = [example["shows"] for example in fields["examples"]]
            assert len(labels) >= 6, signal
            assert {True, False} == set(labels), signal


@pytest.mark.parametrize("name", SUITES)
def test_every_duty_says_where_it_comes_from(name):
    entries = load_suite(name).entries
    for category in ("duty", "ambiguous"):
        for entry in entries[category].values():
            assert entry.about, entry.name
            assert entry.source, entry.name


def test_no_phrase_stands_in_two_groups_of_a_suite():
    for name in SUITES:
        entries = load_suite(name).entries
        said = [phrase for found in entries.values() for entry in found.values() for phrase in entry.says]
        assert len(said) == len(set(said)), [phrase for phrase in said if said.count(phrase) > 1]


def test_the_suites_run_together_on_the_embedded_clinic_and_say_so(pytester):
    result = pytester.runpytest_subprocess(
        *(f"--rlhf-suite={name}" for name in SUITES), "--rlhf-cases=8", "--rlhf-report=out.json", "-n0"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*NO MODEL CONFIGURED: the embedded clinic was tested, not your assistant.*"])
    report = json.loads((pytester.path / "out.json").read_text("utf-8"))
    assert not report["broken"]
    assert {finding["suite"] for finding in report["findings"]} == set(SUITES)
    assert not [f["nodeid"] for f in report["findings"] if f["verdict"] == "PASS"], "8 cases are too few for a PASS"
    assert sum(finding["verdict"] == "FAIL" for finding in report["findings"]) >= 5
