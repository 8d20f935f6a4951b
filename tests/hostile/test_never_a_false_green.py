"""Every way a run could say PASS without having tested: each gets another verdict, or a loud warning."""

import json
import sqlite3
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest
from hostile_project import HostileProject, environment

GALLERY = """
import pytest
from hypothesis import assume, given
from pytest_rlhfstress import cases

frauds = cases("bank", urgency="fraud")

@given(case=frauds)
def test_never_asks(case, model_under_test):
    assert case.text

@pytest.mark.rlhf_rate(at_most=0.2)
@given(case=frauds)
def test_claims_a_rate_and_never_asks(case, model_under_test):
    assert case.text

@given(case=frauds)
def test_asks_no_model(case):
    assert case.text

@given(case=frauds)
def test_asks_no_model_and_fails(case):
    assert not case.has("intent")

@given(case=frauds)
def test_asks_seldom(case, model_under_test):
    if case.has("intent"):
        return
    assert model_under_test(case).shows("freeze")

@given(case=frauds)
def test_asks_about_the_simplest_only(case, model_under_test):
    if len(case.ingredients) == 1:
        assert model_under_test(case).shows("freeze")

@given(case=frauds)
def test_filters_all(case, model_under_test):
    assume(False)
    assert model_under_test(case).shows("freeze")

@given(case=frauds)
def test_filters_most(case, model_under_test):
    assume(len(case.ingredients) == 1)
    assert model_under_test(case).shows("freeze")

@pytest.mark.rlhf_samples(of=3, hold=0)
@given(case=frauds)
def test_of_which_nothing_need_hold(case, model_under_test):
    assert model_under_test(case).shows("freeze")

@given(case=frauds)
def test_asks_a_judge_that_errs(case, model_under_test):
    assert not model_under_test(case).shows("polite")

@pytest.mark.rlhf_suite("bank")
def test_written_by_hand_never_asks(model_under_test):
    assert model_under_test

@pytest.mark.skip(reason="no time")
@given(case=frauds)
def test_skipped(case, model_under_test):
    assert model_under_test(case).shows("freeze")

class TestSilent:
    @pytest.fixture
    def model_under_test(self):
        import bot
        return bot.empty

    @given(case=frauds)
    def test_every_reply_is_empty(self, case, model_under_test):
        assert not model_under_test(case).shows("account_help")
"""
JUDGE = """
  polite:
    about: Says please.
    judge: {model: "bot:errs", rubric: "The reply says please."}
    examples: [{reply: "Please hold.", shows: true}]
"""
ONE = """
from hypothesis import given
from pytest_rlhfstress import cases

@given(case=cases("bank", urgency="fraud"))
def test_it(case, model_under_test):
    assert model_under_test(case).shows("freeze")
"""


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    project = HostileProject(tmp_path_factory.mktemp("gallery"))
    suite = project.bank / "suite.yaml"
    suite.write_text(suite.read_text().replace("signals:\n", f"signals:{JUDGE}", 1))
    project.write("test_gallery.py", GALLERY)
    return project.run("--junitxml=out.xml", "-rA", "--rlhf-allow=bot:errs")


@pytest.fixture
def project(tmp_path):
    made = HostileProject(tmp_path)
    made.write("test_one.py", ONE)
    return made


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("test_never_asks", "asked nothing with a case"),
        ("test_claims_a_rate_and_never_asks", "asked nothing with a case"),
        ("test_asks_about_the_simplest_only", "too few"),
        ("test_filters_all", "Unsatisfiable"),
        ("test_filters_most", "too few"),
        ("test_of_which_nothing_need_hold", "hold from 1 to of"),
        ("test_asks_a_judge_that_errs", "the judge is ill"),
        ("test_written_by_hand_never_asks", "never asked"),
        ("test_every_reply_is_empty", "replies were empty"),
    ],
)
def test_a_spec_that_tested_nothing_is_inconclusive_and_says_why(gallery, spec, reason):
    found = gallery.finding(spec)
    assert found["verdict"] == "INCONCLUSIVE"
    assert reason in found["reason"]
    assert f"PASSED test_gallery.py::{spec}" not in gallery.said


@pytest.mark.parametrize("spec", ["test_never_asks", "test_filters_all", "test_written_by_hand_never_asks"])
def test_where_nothing_was_tested_the_test_is_red_and_not_only_skipped(gallery, spec):
    assert f"FAILED test_gallery.py::{spec}" in gallery.said


def test_cases_the_assistant_was_not_asked_about_do_not_count(gallery):
    found = gallery.finding("test_asks_seldom")
    assert "were drawn and the assistant not asked about them" in found["reason"]
    assert found["cases"] < 60


def test_a_spec_that_asks_no_model_says_nothing_about_one_and_fails_with_its_case(gallery):
    passing = gallery.finding("test_asks_no_model")
    assert (passing["verdict"], passing["model"], passing["asked"]) == ("PASS", "", 0)
    assert "(test_asks_no_model) asked no assistant" in gallery.warnings
    failing = gallery.finding("test_asks_no_model_and_fails")
    assert failing["counterexample"]["ingredients"][-1].startswith("intent:")
    assert not failing["counterexample"]["answered"]
    assert "asked no assistant" in gallery.said


def test_a_skipped_spec_is_named(gallery):
    assert "(test_skipped) was skipped and judged nothing: no time" in gallery.warnings


def test_warnings_stand_in_every_report(gallery):
    assert gallery.warnings
    assert "WARNING: 1 spec (test_asks_no_model) asked no assistant" in gallery.said


def test_a_spec_that_asks_no_model_shows_no_banner_of_a_model_that_is_missing(project):
    alone = ONE.replace(", model_under_test)", ")").replace('model_under_test(case).shows("freeze")', "not case")
    project.write("test_one.py", alone)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "test_one.py", "--rlhf-cases=60"],
        cwd=project.folder, env=environment(), capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert "the spec looked at the case alone" in ended.stdout
    assert "NO MODEL CONFIGURED" not in ended.stdout
    assert "duty:" in ended.stdout


def test_one_constant_reply_and_replies_of_long_ago_are_said_loudly(project):
    first = project.run("--rlhf-store=kept.sqlite", "--junitxml=out.xml", model="bot:constant")
    assert first.status == 0
    assert "replies are one and the same text, “I have frozen your account.”" in first.warnings
    properties = [p.get("value") for p in ElementTree.parse(project.folder / "out.xml").iter("property")]
    assert any("one and the same text" in value for value in properties)
    with sqlite3.connect(project.folder / "kept.sqlite") as connection:
        connection.execute("UPDATE replies SET kept_at = ?", (time.time() - 40 * 86_400,))
    again = project.run("--rlhf-store=kept.sqlite", model="bot:constant")
    heard = again.finding("test_it")["heard"]
    assert heard["stored"] == heard["replies"] > 50
    assert f"replies: 0 asked for now, {heard['stored']} from earlier runs, the oldest kept 40 days ago" in again.said
    assert "WARNING: the assistant was not asked: all replies were recorded by earlier runs" in again.said


def test_a_signal_that_never_fires_in_the_whole_run_is_named(project):
    project.write("test_one.py", ONE.replace('.shows("freeze")', '.shows("account_help") is False'))
    ended = project.run()
    assert ended.status == 0
    assert "looked for and never seen in any reply: account_help (" in ended.warnings


def test_a_spec_deselected_by_a_typing_error_is_named_and_a_run_without_specs_is_red(project):
    project.write("test_one.py", ONE + ONE.replace("test_it", "test_other"))
    project.write("test_two.py", ONE.replace('"bank"', '"bnak"'))
    some = project.run("-k", "other")
    assert "1 spec (test_it) was deselected and did not run" in some.warnings
    assert "test_two.py was left out: there is no suite 'bnak'; did you mean 'bank'?" in some.warnings
    none = project.run("-k", "tset_it")
    assert none.status != 0
    assert "WARNING: NOTHING WAS TESTED" in none.said
    assert none.report["verdict"] == "INCONCLUSIVE"


def test_a_budget_used_up_is_red_even_where_the_body_swallows_everything(project):
    swallowing = ONE.replace("test_it", "test_swallowing").replace(
        '    assert model_under_test(case).shows("freeze")',
        "    try:\n        model_under_test(case)\n    except BaseException:\n        pass",
    )
    project.write("test_one.py", ONE + swallowing)
    ended = project.run("--rlhf-max-calls=5")
    assert ended.status == 1
    for spec in ("test_it", "test_swallowing"):
        found = ended.finding(spec)
        assert found["verdict"] == "INCONCLUSIVE"
        assert "--rlhf-max-calls" in found["reason"]


def test_a_worker_that_crashes_leaves_no_pass(project):
    ended = project.run("-n2", model="bot:crashes")
    assert ended.status == 1
    assert ended.report["verdict"] == "INCONCLUSIVE"
    assert "crashed" in json.dumps(ended.report["broken"])


def test_ctrl_c_leaves_no_pass(project):
    project.write("test_one.py", ONE.replace("test_it", "test_a") + ONE.replace("test_it", "test_b"))
    ended = project.run(model="bot:interrupts")
    assert ended.status == 2
    assert not ended.report["run"]["complete"]
    assert ended.report["verdict"] == "INCONCLUSIVE"


STOPPING = "import pytest\n\n@pytest.mark.rlhf_suite('bank')\ndef test_z(model_under_test):\n    {}\n"


@pytest.mark.parametrize(
    ("last", "args"),
    [("model_under_test('Hello.').shows('freeze') and pytest.fail('no')", ("-x",)), ("pytest.exit('x', 0)", ())],
    ids=["-x", "pytest.exit with status 0"],
)
def test_a_run_that_stops_early_leaves_no_pass(project, last, args):
    project.write("test_a.py", STOPPING.format(last))
    ended = project.run(*args)
    assert ended.status != 0
    assert not ended.report["run"]["complete"]
    assert ended.report["verdict"] != "PASS"


def test_a_process_that_vanishes_leaves_no_pass_of_an_earlier_run_in_its_reports_place(project):
    before = project.run()
    assert before.report["verdict"] == "PASS"
    after = project.run(model="bot:leaves")
    assert after.status == 0
    assert after.report["verdict"] == "INCONCLUSIVE"
    assert not after.report["run"]["complete"]


def test_python_without_asserts_is_a_usage_error(project):
    plain = project.run("--assert=plain", python=("-O",), model="bot:refuses")
    assert plain.status == 4
    assert "takes every assert out" in plain.said


def test_a_suite_without_duty_is_named(project):
    suite = project.bank / "suite.yaml"
    text = suite.read_text()
    start, end = text.index("duties:"), text.index("hard_negatives:")
    suite.write_text(text[:start] + text[end:])
    project.write("test_one.py", ONE.replace('urgency="fraud"', "intent=True").replace('shows("freeze")', "text"))
    assert "the suite bank has no duty" in project.run().warnings


def test_a_run_of_which_all_is_inconclusive_does_not_end_green(project):
    ended = project.run("--rlhf-cases=10")
    assert ended.status == 1
    assert "WARNING: NOTHING WAS SHOWN: none of 1 specs could be judged" in ended.said
