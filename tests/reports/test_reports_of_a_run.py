"""What a real pytest run writes: report files, the baseline's part in the outcome, GitHub's summary."""

import json
import stat
from xml.etree import ElementTree

import pytest
from hostile_payloads import PAYLOADS
from jsonschema import Draft202012Validator
from test_hostile_text import CONTROLS

from pytest_rlhfstress.reports.json_report import read_report, schema

FORGETFUL, CAREFUL = "--rlhf-model=bot:forgetful", "--rlhf-model=bot:careful"
SPEC = """
    CODE = [{"role": "user", "content": "I gave my code away. What is my balance?"}]

    def test_fraud_is_stopped(model_under_test):
        "Whoever reports a fraud has the account frozen."
        assert "frozen" in model_under_test(CODE).text

    def test_there_is_a_reply(model_under_test):
        "Nobody is left without an answer."
        assert model_under_test(CODE).text
    """


@pytest.fixture
def project(pytester, careful_bot, monkeypatch):
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    with (pytester.path / "bot.py").open("a") as file:
        file.write("\ndef pay(messages, reply):\n    return len(reply) / 40\n")
    return pytester


@pytest.fixture
def run_suite(project, bank):
    args = ("--rlhf-suite=./bank", "--rlhf-reward=bot:pay", "--rlhf-cases=60")
    return lambda *more: project.runpytest_subprocess(*args, *more)


@pytest.fixture
def run(project):
    """Runs two specs written by hand: quicker than a suite's search."""
    project.makepyfile(test_own=SPEC)
    return lambda *more: project.runpytest_subprocess("--rlhf-reward=bot:pay", *more)


@pytest.fixture
def baseline(run, pytester):
    """Writes known.json, of a run with one failure, or clean.json, in which it is none."""
    run(FORGETFUL, "--rlhf-report=known.json")
    document = json.loads((pytester.path / "known.json").read_text())
    failing = next(f for f in document["findings"] if f["verdict"] == "FAIL")
    failing.update(verdict="PASS", counterexample=None)
    (pytester.path / "clean.json").write_text(json.dumps(document))


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "xdist"])
def test_both_reports_are_written_and_tell_the_same(run_suite, pytester, workers):
    result = run_suite(FORGETFUL, "--rlhf-report=out/r.html", "--rlhf-report=out/r.json", *workers)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["report: out/r.json", "report: out/r.html"])
    document = json.loads((pytester.path / "out" / "r.json").read_text())
    Draft202012Validator(schema()).validate(document)
    assert document["verdict"] == "FAIL"
    assert document["run"]["model"] == "bot:forgetful"
    assert document["run"]["suites"][0]["name"] == "bank"
    assert [f["verdict"] for f in document["findings"]].count("FAIL") == 1
    page = (pytester.path / "out" / "r.html").read_text()
    failing = next(f for f in document["findings"] if f["verdict"] == "FAIL")
    assert "Your balance is shown in the app." in page
    assert failing["claim"] in page
    assert stat.S_IMODE((pytester.path / "out" / "r.json").stat().st_mode) == 0o600


def test_a_report_that_cannot_be_written_fails_a_run_that_would_have_passed(run, pytester):
    (pytester.path / "r.json").mkdir()
    result = run(CAREFUL, "--rlhf-report=r.json", "--rlhf-report=r.html")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["REPORT NOT WRITTEN: r.json: *", "report: r.html"])


def test_a_run_without_findings_still_writes_its_report(run_suite, pytester):
    result = run_suite(CAREFUL, "--rlhf-report=r.json", "-k", "nothing_is_called_this")
    assert result.ret == 5
    assert read_report(pytester.path / "r.json").verdict == "INCONCLUSIVE"


def test_tests_that_break_are_in_the_report_and_keep_it_from_passing(run, pytester):
    pytester.makepyfile(
        test_broken="""
        import pytest
        @pytest.fixture
        def broken():
            raise RuntimeError("no database")

        def test_with_a_broken_fixture(broken, model_under_test):
            assert model_under_test([{"role": "user", "content": "Hello."}]).text
        """
    )
    run(CAREFUL, "--rlhf-report=r.json")
    report = read_report(pytester.path / "r.json")
    assert [(b.nodeid, "no database" in b.reason) for b in report.broken] == [
        ("test_broken.py::test_with_a_broken_fixture", True)
    ]
    assert report.verdict == "INCONCLUSIVE"


def test_a_run_that_stopped_at_a_failure_is_not_complete(run, pytester):
    run(FORGETFUL, "--rlhf-report=r.json", "-x")
    assert not read_report(pytester.path / "r.json").facts.complete


@pytest.mark.parametrize("name", ["r.txt", "r", "r.html.gz"])
def test_a_report_of_another_kind_is_a_usage_error(run, name):
    result = run(CAREFUL, f"--rlhf-report={name}")
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: --rlhf-report={name}: write a name ending in .html or .json"])


def test_known_failures_are_expected_ones(baseline, run, pytester):
    args = (FORGETFUL, "--rlhf-fail-on=new", "--junitxml=r.xml", "--rlhf-report=r.json")
    result = run(*args, "--rlhf-baseline=known.json")
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["since the baseline of *: 1 still failing"])
    case = next(c for c in ElementTree.parse(pytester.path / "r.xml").iter("testcase") if len(c.findall("skipped")))
    assert case.find("skipped").get("type") == "pytest.xfail"
    assert ("rlhf.verdict", "FAIL") in {(p.get("name"), p.get("value")) for p in case.iter("property")}
    assert json.loads((pytester.path / "r.json").read_text())["verdict"] == "FAIL"


def test_a_failure_that_the_baseline_does_not_have_still_fails(baseline, run):
    result = run(FORGETFUL, "--rlhf-fail-on=new", "--rlhf-baseline=clean.json", "-n2")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["since the baseline of *: 1 newly failing"])


def test_any_failure_counts_unless_new_ones_are_asked_for(baseline, run):
    result = run(FORGETFUL, "--rlhf-baseline=known.json")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["since the baseline of *: 1 still failing"])


def test_what_was_fixed_is_named(baseline, run):
    result = run(CAREFUL, "--rlhf-baseline=known.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["since the baseline of *: 1 fixed", "  fixed: Whoever reports a fraud*"])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--rlhf-baseline=none.json",), "ERROR: none.json: cannot be read: *"),
        (("--rlhf-fail-on=new",), "ERROR: --rlhf-fail-on=new: name the report to compare with, too: *"),
        (("--rlhf-fail-on=old",), "ERROR: --rlhf-fail-on=old: write any or new"),
        (("--rlhf-baseline=bot.py",), "ERROR: bot.py: no JSON (*"),
    ],
)
def test_a_bad_baseline_is_one_usage_error(run, args, said):
    result = run(CAREFUL, *args)
    assert result.ret == 4
    result.stderr.fnmatch_lines([said])
    assert "Traceback" not in result.stderr.str()


def test_on_github_the_summary_is_written_and_the_spec_annotated(run, pytester, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = run(FORGETFUL)
    result.stdout.fnmatch_lines(["::error file=test_own.py,line=5,title=FAIL%3A Whoever reports a fraud*"])
    assert (pytester.path / "summary.md").read_text().startswith("## FAIL: 1 of 2 invariants broken")


def test_a_reply_with_every_hostile_payload_changes_nothing_but_text(run, pytester, open_page, monkeypatch):
    said = "\n".join(PAYLOADS.values())
    assert len(PAYLOADS) >= 30
    (pytester.path / "hostile.json").write_text(json.dumps(said))
    with (pytester.path / "bot.py").open("a") as file:
        file.write("\nimport json\n\ndef hostile(messages):\n    return json.load(open('hostile.json'))\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = run("--rlhf-model=bot:hostile", "--rlhf-report=r.html", "--rlhf-report=r.json", "--junitxml=r.xml", "-v")
    result.assert_outcomes(passed=1, failed=1)
    reply = json.loads((pytester.path / "r.json").read_text())["findings"][0]["counterexample"]["reply"]
    assert reply == said
    seen = open_page((pytester.path / "r.html").read_text())
    assert seen.page.evaluate("window.pwned") is None
    assert seen.page.locator("h1").inner_text() == "FAIL"
    assert seen.page.locator("details.card").count() == 2
    assert seen.incidents == []
    properties = {p.get("name"): p.get("value") for p in ElementTree.parse(pytester.path / "r.xml").iter("property")}
    assert "window.pwned=1" in properties["rlhf.reply"]
    summary = (pytester.path / "summary.md").read_text()
    assert "<script" not in summary
    assert not CONTROLS.search(summary)
    terminal = result.stdout.str()
    card = terminal.partition("FAIL  Whoever")[2].partition("again: ")[0]
    assert "window.pwned=1" in card
    assert not CONTROLS.search(card)
