"""A long spec split into streams, for xdist's workers and for many machines."""

from xml.etree import ElementTree

import pytest

SPEC = """
from pathlib import Path
from hypothesis import given
from pytest_rlhfstress import cases

@given(case=cases(Path(__file__).parent / "bank", urgency="fraud"))
def test_it(case, model_under_test):
    assert model_under_test(case).shows("freeze")

@given(case=cases(Path(__file__).parent / "bank", urgency="fraud"))
def test_without_model(case):
    assert case.urgency == "fraud"

def test_plain(model_under_test):
    assert "frozen" in model_under_test("Someone has my code").text
"""
BOT = """
def reward(messages, reply):
    return 0.0

async def green(messages):
    with open("asked.log", "a") as log:
        log.write(repr(messages) + "\\n")
    return "I have frozen your account."
green.identity = "green"

async def red(messages):
    text = await green(messages)
    return "Your balance is shown in the app." if "balance" in messages[-1]["content"].lower() else text
red.identity = "red"
"""


@pytest.fixture
def run(pytester, bank):
    pytester.makepyfile(test_spec=SPEC, bot=BOT)

    def run(*args):
        (pytester.path / "asked.log").unlink(missing_ok=True)
        result = pytester.runpytest_subprocess("test_spec.py", "--junitxml=out.xml", "--rlhf-reward=bot:reward", *args)
        found = {
            case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
            for case in ElementTree.parse(pytester.path / "out.xml").iter("testcase")
        }
        return result, found, (pytester.path / "asked.log").read_text().splitlines()

    return run


def test_streams_share_the_cases_and_repeat_few(run):
    result, found, asked = run("--rlhf-model=bot:green", "--rlhf-streams=3", "--rlhf-cases=200")
    result.assert_outcomes(passed=5)
    streams = [f"test_it[stream-{n}-of-3]" for n in (1, 2, 3)]
    assert list(found) == [*streams, "test_without_model", "test_plain"]
    judged = [int(found[name]["rlhf.cases"]) for name in streams]
    assert all(50 < cases <= 67 for cases in judged)
    assert len(asked) == len(set(asked))
    assert len(asked) > 0.85 * sum(judged)


def test_auto_is_one_stream_for_each_worker(run):
    result, found, asked = run("--rlhf-model=bot:green", "--rlhf-streams=auto", "-n2", "--rlhf-cases=140")
    result.assert_outcomes(passed=4)
    assert {"test_it[stream-1-of-2]", "test_it[stream-2-of-2]"} <= found.keys()
    assert len(asked) == len(set(asked))
    assert (
        "test_it"
        in run("--rlhf-model=bot:green", "--rlhf-streams=auto", "--rlhf-store=one.sqlite", "--rlhf-cases=60")[1]
    )


def test_one_machine_can_run_one_stream(run):
    result, found, _ = run("--rlhf-model=bot:green", "--rlhf-streams=4", "--rlhf-cases=240", "-k", "stream-3-of-4")
    result.assert_outcomes(passed=1, deselected=5)
    assert list(found) == ["test_it[stream-3-of-4]"]


def test_each_stream_finds_the_defect_and_shrinks_it(run):
    result, found, _ = run("--rlhf-model=bot:red", "--rlhf-streams=2", "--rlhf-cases=200", "-k", "test_it")
    result.assert_outcomes(failed=2, deselected=2)
    assert "-k 'test_it and stream-2-of-2' --rlhf-seed=0 --rlhf-streams=2" in result.stdout.str()
    assert {case["rlhf.ingredients"] for case in found.values()} == {'["duty:code_shared", "intent:balance"]'}
