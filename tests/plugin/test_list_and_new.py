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


def test_the_list_holds_suites_whose_detectors_are_allowed(pytester, bank):
    pytester.makepyfile(finder="def helps(text, locale): return [(0, 12)] if 'balance' in text else []")
    pytester.syspathinsert()
    rules = "rules:\n      - match: ['\\byour balance\\b']"
    text = (bank / "suite.yaml").read_text("utf-8")
    assert rules in text
    (bank / "suite.yaml").write_text(text.replace(rules, "detector: finder:helps"), "utf-8")
    pytester.runpytest_subprocess("--rlhf-list").stdout.fnmatch_lines(["bank: cannot be read"])
    result = pytester.runpytest_subprocess("--rlhf-list", "--rlhf-allow=finder:helps")
    result.stdout.fnmatch_lines(["bank 1 (*): 2 specs, 2 signals, *"])


def test_an_ini_file_that_selects_a_suite_does_not_shorten_the_list(pytester, bank):
    pytester.makeini("[pytest]\nrlhf_suite = ./bank")
    result = pytester.runpytest_inprocess("--rlhf-list")
    result.stdout.fnmatch_lines(["healthcare *", "bank 1 *"])


def test_tests_are_counted_wherever_they_stand_and_whatever_bytes_are_beside_them(pytester, bank):
    more = b"\nclass TestMore:\n    def test_it(self): ...  # \xff\n"
    (bank / "test_more.py").write_bytes(b"# coding: latin-1" + more)
    pytester.runpytest_inprocess("--rlhf-list", "--rlhf-suite=./bank").stdout.fnmatch_lines(["bank 1 (*): 3 specs, *"])


@pytest.fixture
def installed(pytester):
    """Installs suites by entry point, as a distribution would: for each name its package."""

    def install(**suites):
        points = "\n".join(f"{name} = {package}" for name, package in suites.items())
        pytester.mkdir("pets-1.dist-info").joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: pets\n")
        (pytester.path / "pets-1.dist-info/entry_points.txt").write_text(f"[pytest_rlhfstress.suites]\n{points}\n")
        pytester.syspathinsert()

    return install


@pytest.mark.parametrize("broken", ["gone.suite", "raising.suite"])
def test_a_broken_installed_suite_keeps_no_other_from_being_found_or_listed(pytester, bank, installed, broken):
    (pytester.path / "raising").mkdir()
    (pytester.path / "raising" / "__init__.py").write_text("raise RuntimeError('not today')")
    (pytester.path / "pets").mkdir()
    bank.rename(pytester.path / "pets" / "bank")
    installed(zoo=broken, bank="pets.bank")
    listed = pytester.runpytest_subprocess("--rlhf-list")
    listed.stdout.fnmatch_lines(["healthcare *", "bank 1 (installed): *", "zoo: cannot be read"])
    assert listed.ret == pytest.ExitCode.OK
    pytester.runpytest_subprocess("--rlhf-list", "--rlhf-suite=bank").stdout.fnmatch_lines(["bank 1 *"])
    result = pytester.runpytest_subprocess("--rlhf-list", "--rlhf-suite=zoo")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the installed suite 'zoo'*cannot be imported*"])
    result = pytester.runpytest_subprocess("--rlhf-list", "--rlhf-suite=zo")
    result.stderr.fnmatch_lines(["*did you mean 'zoo'?*"])


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
