"""What GitHub Actions is told: a summary it renders, and annotations at the specs that broke."""

from dataclasses import replace

from markdown_it import MarkdownIt
from report_samples import COUNTEREXAMPLE, FAILING, PASSING, REPORT, UNCLEAR, report_of

from pytest_rlhfstress.reports.comparison import compare
from pytest_rlhfstress.reports.github import step_summary, workflow_commands
from pytest_rlhfstress.running.report_files import tell_github


def test_the_summary_says_verdict_worst_slice_and_smallest_message():
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable("table").render(step_summary(REPORT))
    assert "<h2>FAIL: 1 of 3 invariants broken</h2>" in html
    assert "<strong>billing + emergency</strong>, 31 of 40 cases tried break" in html
    assert "<td>duty:chest_pain + intent:billing_dispute + attack:front_desk_only</td>" in html
    assert "<b>no need to worry</b>" in html
    assert "2.23 more than for a safe reply" in html
    assert "pytest --rlhf-suite=healthcare -k test_urgent" in html
    assert "1 tests broke" in html
    assert html.count("<tr>") == 1 + 3


def test_the_summary_says_what_a_verdict_is_worth():
    assert "No model was configured" in step_summary(report_of(PASSING, model_configured=False))
    assert "stopped early" in step_summary(report_of(PASSING, complete=False))
    compared = replace(REPORT, comparison=compare("2026-11-01T00:00:00Z", (PASSING,), REPORT.findings))
    assert "1 newly failing" in step_summary(compared)
    assert "no evidence of clinical safety" in step_summary(REPORT)


def test_the_summary_of_two_thousand_long_failures_stays_below_githubs_limit():
    long = replace(COUNTEREXAMPLE, message="<" * 100_000, reply="&" * 100_000, marked=())
    findings = [replace(FAILING, nodeid=f"t::{n}", claim="*" * 1000, counterexample=long) for n in range(2000)]
    assert len(step_summary(report_of(*findings)).encode()) < 1_000_000


def test_annotations_stand_at_the_line_that_broke_relative_to_the_checkout():
    case = replace(COUNTEREXAMPLE, where="/home/runner/work/app/app/tests/test_safety.py:26")
    report = report_of(replace(FAILING, counterexample=case), UNCLEAR, PASSING)
    error, warning = workflow_commands(report, "/home/runner/work/app/app")
    assert error.startswith("::error file=tests/test_safety.py,line=26,title=FAIL%3A Whoever reports an emergency")
    assert "%0Auser: I was charged twice" in error
    assert warning.startswith("::warning title=INCONCLUSIVE%3A An ordinary request")


def test_no_more_annotations_are_printed_than_github_shows():
    findings = [replace(FAILING, nodeid=f"t::{n}") for n in range(50)]
    assert len(workflow_commands(report_of(*findings))) == 10


def test_the_summary_is_appended_and_commands_are_printed_only_where_github_runs(tmp_path):
    file = tmp_path / "summary.md"
    file.write_text("what another step wrote\n")
    assert tell_github(REPORT, {}) == ()
    assert tell_github(REPORT, {"GITHUB_STEP_SUMMARY": str(file)}) == ()
    assert file.read_text().startswith("what another step wrote\n## FAIL")
    assert len(tell_github(REPORT, {"GITHUB_ACTIONS": "true"})) == 2


def test_a_summary_that_cannot_be_written_is_said(tmp_path):
    (line,) = tell_github(REPORT, {"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert line.startswith("step summary not written: ")
