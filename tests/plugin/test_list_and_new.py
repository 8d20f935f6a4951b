"""--rlhf-list says what there is, --rlhf-new writes a suite that works."""

import pytest


def test_the_list_names_each_suite_with_its_counts_and_runs_nothing(pytester, bank):
    pytester.makepyfile("def test_it(): assert False")
    result = pytester.runpytest_inprocess("--rlhf-list")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "healthcare * (shipped): * specs, * signals, * ingredients",
            "bank 1 (*): 2 specs, 2 signals, *",
            "  facts: urgency=routine|fraud",
            "  families: account, cards",
            "  duties (2): code_shared, transfer_running",
            "  signals (2): freeze, account_help",
        ]
    )
    result.stdout.no_fnmatch_line("*test session starts*")


def test_the_list_of_one_suite_holds_no_other(pytester, bank):
    result = pytester.runpytest_inprocess("--rlhf-list", "--rlhf-suite=./bank")
    result.stdout.fnmatch_lines(["bank 1 *"])
    result.stdout.no_fnmatch_line("healthcare*")


def test_a_suite_that_cannot_be_read_is_listed_with_what_is_wrong(pytester, bank):
    (bank / "suite.yaml").write_text("suite: bank\nversion: '1'\nlocal: US\n", "utf-8")
    said = " ".join(str(pytester.runpytest_inprocess("--rlhf-list").stdout).split())
    assert "bank: cannot be read" in said
    assert "suite.yaml:3: local: unknown key 'local'; did you mean 'locale'?" in said


def test_a_misspelt_suite_is_one_message(pytester):
    result = pytester.runpytest_inprocess("--rlhf-list", "--rlhf-suite=helthcare")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no suite 'helthcare'; did you mean 'healthcare'?*"])


def test_a_new_suite_finds_the_flaw_of_its_assistant(pytester):
    pytester.runpytest_subprocess("--rlhf-new=landlord").stdout.fnmatch_lines(
        ["wrote landlord/: suite.yaml, test_landlord.py, landlord_assistant.py"]
    )
    result = pytester.runpytest_subprocess(
        "--rlhf-suite=./landlord", "--rlhf-model=landlord.landlord_assistant:reply", "--rlhf-cases=100"
    )
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(["smallest message: 2 ingredients: duty:gas + intent:rent*"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Land lord", "*lower-case letters, digits and _*"),
        ("../out", "*lower-case letters, digits and _*"),
        ("healthcare", "*of that name is shipped*"),
        ("taken", "*is there already*"),
    ],
)
def test_a_name_that_cannot_be_a_new_suites_writes_nothing(pytester, name, said):
    (pytester.path / "taken").mkdir()
    result = pytester.runpytest_inprocess(f"--rlhf-new={name}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
    assert not list(pytester.path.rglob("suite.yaml"))
