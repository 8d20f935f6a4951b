"""--rlhf-suite: which tests run, which are left out, and that nothing else is imported."""

import pytest


def test_without_a_suite_selected_ordinary_tests_run_untouched(pytester):
    pytester.makepyfile("def test_one(): pass")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*rlhfstress =*")


def test_the_plugin_can_be_switched_off_by_its_name(pytester):
    pytester.makepyfile("def test_one(pytestconfig): assert not pytestconfig.pluginmanager.has_plugin('rlhfstress')")
    pytester.runpytest_subprocess("-p", "no:rlhfstress").assert_outcomes(passed=1)


def test_selecting_a_suite_runs_its_specs_and_counts_what_was_left_out(pytester, bank, careful_bot):
    pytester.makepyfile(test_units="def test_a(): pass\ndef test_b(): pass")
    result = pytester.runpytest_subprocess("--rlhf-suite=./bank", "--rlhf-model=bot:careful")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["left out: 2 tests that use no selected suite (1 files not imported)"])


def test_unit_tests_that_cannot_be_imported_do_not_stop_a_selecting_run(pytester, bank, careful_bot):
    pytester.makepyfile(test_broken="import a_package_nobody_has\ndef test_a(): pass")
    pytester.makepyfile(test_syntax="def broken(:")
    pytester.mkdir("deep").joinpath("conftest.py").write_text("import a_package_nobody_has")
    pytester.path.joinpath("deep", "test_deep.py").write_text("def test_c(): pass")
    result = pytester.runpytest_subprocess("--rlhf-suite=./bank", "--rlhf-model=bot:careful")
    result.assert_outcomes(passed=2)
    assert result.ret == 0


def test_a_users_spec_counts_by_its_cases_and_by_its_marker(pytester, bank, careful_bot):
    pytester.makepyfile(
        test_mine="""
        import pytest
        from hypothesis import given
        from pytest_rlhfstress import cases

        some = cases("bank", urgency="fraud")

        @given(case=some)
        def test_by_strategy(case, model_under_test):
            assert model_under_test(case).text

        @pytest.mark.rlhf_suite("bank")
        def test_by_marker(model_under_test):
            assert model_under_test("Somebody has my code.").shows("freeze")

        def test_of_another_kind():
            raise AssertionError("an ordinary test ran")
        """
    )
    result = pytester.runpytest_subprocess("--rlhf-suite=./bank", "--rlhf-model=bot:careful", "--strict-markers")
    result.assert_outcomes(passed=4, deselected=1)


def test_a_suite_selected_twice_runs_once(pytester, bank, careful_bot):
    result = pytester.runpytest_subprocess("--rlhf-suite=./bank", "--rlhf-suite=./bank", "--rlhf-model=bot:careful")
    result.assert_outcomes(passed=2)


def test_every_option_stands_under_one_heading_and_has_an_ini_twin(pytester):
    result = pytester.runpytest_subprocess("--help")
    text = result.stdout.str()
    options = {
        "suite", "model", "reward", "preferences", "cases", "samples", "concurrency", "max-calls", "seed", "store",
        "record-mode", "report",
    }  # fmt: skip
    heading = text.index("rlhfstress: behavioural stress tests")
    block = text[heading:].split("\n\n")[0]
    for option in options:
        assert f"--rlhf-{option}" in block
        assert f"\n  rlhf_{option.replace('-', '_')} (" in text


def test_the_ini_file_configures_a_run_and_the_command_line_wins(pytester, bank, careful_bot):
    pytester.makeini("[pytest]\nrlhf_suite = ./bank\nrlhf_model = bot:forgetful\nrlhf_seed = 7")
    red = pytester.runpytest_subprocess()
    red.assert_outcomes(passed=1, failed=1)
    red.stdout.fnmatch_lines(["*seed 7*"])
    pytester.runpytest_subprocess("--rlhf-model=bot:careful").assert_outcomes(passed=2)


@pytest.mark.parametrize("place", [".venv/lib/site-packages", "../elsewhere/site-packages"])
def test_a_suite_is_found_where_packages_are_installed_and_its_neighbours_are_not_looked_at(
    pytester, bank, careful_bot, monkeypatch, place
):
    project = pytester.mkdir("project")
    installed = project / place
    installed.mkdir(parents=True)
    bank.rename(installed / "bank")
    (installed.parent.parent / "pyvenv.cfg").write_text("home = /usr/bin")
    neighbour = installed / "other" / "tests"
    neighbour.mkdir(parents=True)
    (neighbour / "test_other.py").write_text("import a_package_nobody_has\ndef test_a(): pass")
    (project / "test_units.py").write_text("def test_b(): pass")
    (pytester.path / "bot.py").rename(project / "bot.py")
    monkeypatch.chdir(project)
    result = pytester.runpytest_subprocess(f"--rlhf-suite={place}/bank", "--rlhf-model=bot:careful", "--rootdir=.")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["left out: 1 tests that use no selected suite (1 files not imported)"])
