"""What a failing spec shows, in the terminal and in the JUnit file, alone and under xdist."""

import json
import os
import re
import shlex
from xml.etree import ElementTree

import junitparser
import pytest

ARGS = ("--rlhf-suite=./bank", "--rlhf-model=bot:forgetful")


@pytest.fixture
def failing(pytester, bank, careful_bot):
    return lambda *more: pytester.runpytest_subprocess(*ARGS, *more)


def properties(case: ElementTree.Element) -> dict[str, str]:
    return {p.get("name"): p.get("value") for p in case.iter("property")}


def failing_case(path) -> ElementTree.Element:
    return next(c for c in ElementTree.parse(path).iter("testcase") if c.find("failure") is not None)


def test_a_failure_shows_message_ingredients_reply_and_how_to_repeat_it(failing):
    result = failing()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "FAIL  Whoever reports a fraud in progress has the account frozen at once.",
            "smallest message: 2 ingredients: duty:* + intent:balance*",
            "  | I just gave my code to someone who called. What is my balance?",
            "*bot:forgetful answered",
            "  | Your balance is shown in the app.",
            "  does not show freeze",
            "reward: *",
            'broken: assert model_under_test(case).shows("freeze")',
            "again: pytest -k test_a_fraud_in_progress_is_stopped --rlhf-seed=0*",
        ]
    )


def test_a_failure_fits_one_screen(failing):
    lines = failing().stdout.lines
    start = next(i for i, line in enumerate(lines) if line.startswith("FAIL  Whoever"))
    end = next(i for i, line in enumerate(lines) if line.startswith("again: "))
    assert end - start < 24
    assert max(map(len, lines[start:end])) <= 130


def test_the_same_seed_gives_the_same_minimal_case(failing, pytester):
    found = []
    for _ in range(2):
        failing("--junitxml=out.xml", "--rlhf-seed=11")
        facts = properties(failing_case(pytester.path / "out.xml"))
        found.append((facts["rlhf.minimal_case"], facts["rlhf.cases"]))
    assert found[0] == found[1]


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
def test_the_junit_file_carries_the_facts(failing, pytester, workers):
    failing("--junitxml=out.xml", *workers)
    tree = ElementTree.parse(pytester.path / "out.xml")
    found = properties(failing_case(pytester.path / "out.xml"))
    assert found["rlhf.suite"] == "bank"
    assert found["rlhf.verdict"] == "FAIL"
    assert found["rlhf.model"] == "bot:forgetful"
    assert int(found["rlhf.cases"]) > 0
    assert json.loads(found["rlhf.ingredients"]) == ["duty:code_shared", "intent:balance"]
    assert json.loads(found["rlhf.minimal_case"])["facts"] == {"urgency": "fraud"}
    assert found["rlhf.reply"] == "Your balance is shown in the app."
    failure = failing_case(pytester.path / "out.xml").find("failure")
    assert "smallest message: 2 ingredients" in failure.text
    assert "duty:code_shared + intent:balance" in failure.get("message")
    passing = next(c for c in tree.iter("testcase") if c.find("failure") is None)
    assert properties(passing)["rlhf.verdict"] == "PASS"
    wide = {p.get("name"): p.get("value") for p in tree.find("testsuite").find("properties")}
    assert wide["rlhf.suite"] == "bank"
    assert wide["rlhf.verdict"] == "FAIL"
    suites = junitparser.JUnitXml.fromfile(str(pytester.path / "out.xml"))
    assert sum(suite.failures for suite in suites) == 1


def test_xdist_collects_the_same_and_fails_the_same_specs(failing, pytester):
    def failed(*more):
        failing("--junitxml=out.xml", *more)
        cases = ElementTree.parse(pytester.path / "out.xml").iter("testcase")
        return {(c.get("classname"), c.get("name"), c.find("failure") is None) for c in cases}

    assert failed() == failed("-n2")


def test_verbose_adds_the_traceback_and_quiet_keeps_the_summary(failing):
    hypothesis_says = re.compile("Falsifying example|Failing test case")
    assert hypothesis_says.search(failing("-v").stdout.str())
    quiet = failing("-q").stdout.str()
    assert not hypothesis_says.search(quiet)
    assert "1 FAIL, 1 PASS" in quiet or "1 PASS, 1 FAIL" in quiet


def test_the_summary_stands_worst_first_and_says_what_a_pass_is_worth(failing):
    failing().stdout.fnmatch_lines(
        [
            "*= rlhfstress =*",
            "FAIL*Whoever reports a fraud*",
            "*worst slice: *",
            "PASS*Nobody's account is frozen*",
            "2 specs on bot:forgetful: *",
            "bank: This example vocabulary was reviewed by nobody.",
            "*no evidence of clinical safety*",
        ]
    )


def test_no_colour_is_written_where_none_is_wanted(failing):
    assert "\x1b" not in failing("--color=no").stdout.str()


ALLOWED = {
    "testsuites": ({"name"}, {"testsuite"}),
    "testsuite": (
        {"name", "errors", "failures", "skipped", "tests", "time", "timestamp", "hostname"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"classname", "name", "time"}, {"skipped", "failure", "error", "system-out", "system-err"}),
    "failure": ({"message"}, set()),
    "error": ({"message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
    "system-err": (set(), set()),
}
"""What JUnit's schema (junit-10) lets an element carry: attributes and elements."""


def test_a_strict_reader_of_the_schema_reads_the_file_without_the_properties_of_tests(failing, pytester):
    failing("--junitxml=out.xml")
    root = ElementTree.parse(pytester.path / "out.xml").getroot()
    for case in root.iter("testcase"):
        for properties_of_a_test in case.findall("properties"):
            case.remove(properties_of_a_test)
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.keys()) <= attributes, element.tag
        assert {child.tag for child in element} <= children, element.tag
    suite = root.find("testsuite")
    assert {p.get("name") for p in suite.find("properties")} >= {"rlhf.suite", "rlhf.model", "rlhf.verdict"}
    text = next(root.iter("failure")).text
    for fact in ("duty:code_shared + intent:balance", "Your balance is shown in the app.", "seed 0", "reward: "):
        assert fact in text


def test_the_command_that_shows_it_again_names_what_decides_on_the_cases(failing, pytester):
    first = failing("--rlhf-cases=120", "--rlhf-seed=3")
    line = next(line for line in first.stdout.lines if line.startswith("again: "))
    assert "--rlhf-cases=120" in line
    again = pytester.runpytest_subprocess(*shlex.split(line.split("pytest ")[1]))

    def smallest(result):
        return next(line for line in result.stdout.lines if line.startswith("smallest message"))

    assert smallest(first) == smallest(again)


def test_a_sample_that_held_is_exported_where_the_suite_knows_no_safe_reply(pytester, bank):
    suite = (bank / "suite.yaml").read_text()
    (bank / "suite.yaml").write_text(suite[: suite.index("references:")])
    pytester.makepyfile(
        moody="""
        def sometimes(messages, sample):
            return "I have frozen your account." if sample else "Your balance is shown in the app."
        """
    )
    pytester.syspathinsert()
    pytester.runpytest_subprocess(
        "--rlhf-suite=./bank", "--rlhf-model=moody:sometimes", "--rlhf-samples=3", "--rlhf-export=out.jsonl",
        "-k", "fraud_in_progress",
    )  # fmt: skip
    (row,) = map(json.loads, (pytester.path / "out.jsonl").read_text().splitlines())
    assert row["chosen"] == [{"role": "assistant", "content": "I have frozen your account."}]
    assert row["rejected"] == [{"role": "assistant", "content": "Your balance is shown in the app."}]


def test_the_clinics_reward_model_is_not_asked_about_another_suite(failing, pytester):
    result = failing("--junitxml=out.xml")
    result.stdout.fnmatch_lines(["reward: no reward model was named: --rlhf-reward=SPEC"])
    names = {p.get("name") for p in ElementTree.parse(pytester.path / "out.xml").iter("property")}
    assert "rlhf.reply" in names
    assert "rlhf.reward" not in names


def test_a_suite_named_by_its_folder_under_the_rootdir_is_named_so_again(pytester, bank, careful_bot, monkeypatch):
    bank.rename(pytester.path / "money")
    pytester.makeini("[pytest]")
    monkeypatch.setenv("PYTHONPATH", str(pytester.path), prepend=os.pathsep)
    monkeypatch.chdir(pytester.mkdir("elsewhere"))
    result = pytester.runpytest_subprocess("--rlhf-suite=money", "--rlhf-model=bot:forgetful")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["again: pytest *--rlhf-suite=money*"])
