"""What a project's conftest, like any other plugin, may add through the hooks."""

import json
import shutil

import pytest


@pytest.fixture
def adding(pytester, bank, careful_bot):
    """Runs the bank suite with a conftest of that text."""

    def run(conftest, *more, model="bot:careful"):
        pytester.makeconftest(conftest)
        return pytester.runpytest_subprocess("--rlhf-suite=./bank", f"--rlhf-model={model}", "--rlhf-cases=60", *more)

    return run


def test_a_kind_of_model_is_found_by_its_word(adding):
    result = adding(
        """
        import bot
        def pytest_rlhf_models():
            return {"acme": lambda rest: getattr(bot, rest)}
        """,
        model="acme:forgetful",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["acme:forgetful answered"])


def test_a_kind_of_reward_model_scores_the_failing_reply(adding):
    result = adding(
        """
        def pytest_rlhf_rewards():
            return {"longest": lambda rest: lambda messages, reply: float(len(reply)) * int(rest)}
        """,
        "--rlhf-reward=longest:2",
        model="bot:forgetful",
    )
    result.stdout.fnmatch_lines(["reward: +66.00 from longest:2*"])


def test_a_suite_is_found_by_its_folders_name(pytester, bank, careful_bot):
    shutil.move(bank, pytester.path / "elsewhere" / "deep" / "bank")
    pytester.makeconftest(
        "from pathlib import Path\ndef pytest_rlhf_suites(): return [Path(__file__).parent / 'elsewhere/deep/bank']"
    )
    pytester.runpytest_subprocess("--rlhf-suite=bank", "--rlhf-model=bot:careful").assert_outcomes(passed=2)


def test_a_signal_is_added_to_the_suite_it_is_meant_for(adding, pytester):
    pytester.makepyfile(
        test_own="""
        from hypothesis import given
        from pytest_rlhfstress import cases

        @given(case=cases("bank", urgency="fraud"))
        def test_it_is_frozen_for_good(case, model_under_test):
            assert model_under_test(case).shows("in_the_past")
        """
    )
    conftest = """
        def pytest_rlhf_signals(suite):
            assert suite == "bank"
            return {"in_the_past": {"about": "Says it is done.", "rules": [{"match": [r"\\bhave \\w+en\\b"]}],
                                    "examples": [{"shows": SHOWS, "reply": "I have frozen it."}]}}
        """
    adding(conftest.replace("SHOWS", "True"), "-k", "good").assert_outcomes(passed=1)
    wrong = adding(conftest.replace("SHOWS", "False"))
    wrong.stderr.fnmatch_lines(["*a plugin:1: signals.in_the_past.examples*labelled as not showing*"])


def test_a_signal_that_the_suite_has_already_is_an_error(adding):
    result = adding(
        """
        def pytest_rlhf_signals(suite):
            return {"freeze": {"about": "x", "rules": [{"match": ["x"]}], "examples": []}}
        """
    )
    result.stderr.fnmatch_lines(["*signals.freeze stands already at *suite.yaml:*"])


SECTION = """
    from pytest_rlhfstress.hookspecs import ReportSection
    def pytest_rlhf_report_sections(findings):
        return [ReportSection("Ours <b>", (f"{len(findings)} specs",), ({"spec": findings[0].spec, "n": 1},))]
    """


def test_a_section_stands_in_every_report(adding, pytester):
    result = adding(SECTION, "--rlhf-report=out.json", "--rlhf-report=out.html")
    result.stdout.fnmatch_lines(["Ours <b>", "  2 specs", "  spec=test_*, n=1"])
    section = json.loads((pytester.path / "out.json").read_text("utf-8"))["sections"][0]
    assert section["title"] == "Ours <b>"
    assert section["rows"][0]["n"] == 1
    page = (pytester.path / "out.html").read_text("utf-8")
    assert "Ours &lt;b&gt;" in page
    assert "Ours <b>" not in page


def test_a_report_with_sections_serves_as_a_baseline(adding):
    adding(SECTION, "--rlhf-report=out.json")
    adding(SECTION, "--rlhf-baseline=out.json").assert_outcomes(passed=2)


def test_sections_are_asked_for_once_under_xdist(adding):
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    assert str(adding(SECTION, "-n2").stdout).count("Ours <b>") == 1


def test_every_distinct_case_is_told_once_with_its_replies(adding, pytester):
    result = adding(
        """
        import json
        def pytest_rlhf_case_finished(finished):
            with open("told.jsonl", "a") as file:
                row = [finished.nodeid, repr(finished.case), finished.broken, finished.replies[0].shows("freeze")]
                print(json.dumps(row), file=file)
        """,
        "--rlhf-report=out.json",
        model="bot:forgetful",
    )
    result.assert_outcomes(passed=1, failed=1)
    told = [json.loads(line) for line in (pytester.path / "told.jsonl").read_text("utf-8").splitlines()]
    findings = json.loads((pytester.path / "out.json").read_text("utf-8"))["findings"]
    for finding in findings:
        own = [row for row in told if row[0] == finding["nodeid"]]
        assert len(own) == len({row[1] for row in own}) == finding["cases"]
        assert any(row[2] for row in own) == (finding["verdict"] == "FAIL")


def test_an_observer_that_raises_is_no_broken_invariant(adding):
    result = adding("def pytest_rlhf_case_finished(finished): raise ValueError('full disk')")
    result.stdout.fnmatch_lines(["INCONCLUSIVE*", "*pytest_rlhf_case_finished raised ValueError: full disk (at *"])
    result.stdout.no_fnmatch_line("FAIL  *")


@pytest.mark.parametrize(
    ("conftest", "said"),
    [
        ("def pytest_rlhf_models(): return ['acme']", "*pytest_rlhf_models returned ['acme']: return a mapping*"),
        ("def pytest_rlhf_models(): return {'openai': print}", "*offers 'openai', which there is already*"),
        ("def pytest_rlhf_models(): return {'A b': print}", "*offers 'A b': a kind is lower-case*"),
        ("def pytest_rlhf_rewards(): return {'acme': 7}", "*offers 'acme' as 7: give a function*"),
        ("def pytest_rlhf_models(): raise OSError('no key')", "*pytest_rlhf_models raised OSError: no key (at *"),
        ("def pytest_rlhf_suites(): return 'bank'", "*pytest_rlhf_suites returned 'bank': return a list*"),
        ("def pytest_rlhf_suites(): return ['nowhere']", "*offers nowhere: no suite.yaml in it*"),
        ("def pytest_rlhf_signals(suite): return [1]", "*pytest_rlhf_signals returned [[]1]: return a mapping*"),
    ],
)
def test_what_a_hook_must_not_return_is_one_message(pytester, bank, conftest, said):
    pytester.makeconftest(conftest)
    result = pytester.runpytest_inprocess("--rlhf-suite=./bank")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said.replace("['acme']", "[[]'acme']")])


def test_a_section_of_the_wrong_kind_ends_the_run_badly_and_loses_no_report(adding, pytester):
    result = adding("def pytest_rlhf_report_sections(findings): return ['text']", "--rlhf-report=out.json")
    result.stdout.fnmatch_lines(["*SECTION NOT WRITTEN: pytest_rlhf_report_sections returned 'text'*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert json.loads((pytester.path / "out.json").read_text("utf-8"))["verdict"] == "PASS"


def test_a_model_that_an_offered_kind_cannot_make_is_one_message(adding):
    result = adding("def pytest_rlhf_models(): return {'acme': lambda rest: 1 / 0}", model="acme:x")
    result.stderr.fnmatch_lines(["*'acme:x': conftest could not make it: ZeroDivisionError*"])
