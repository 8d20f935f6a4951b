"""pytest hooks and fixtures only; each hook calls one function elsewhere."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_rlhfstress import conduct, hookspecs
from pytest_rlhfstress.options import add_options
from pytest_rlhfstress.running import answering, ending
from pytest_rlhfstress.running.current import current

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_rlhfstress.models import Model
    from pytest_rlhfstress.preferences import Preferences
    from pytest_rlhfstress.rewards import RewardModel


pytest_plugins = ["pytest_rlhfstress.instrument_fixtures"]


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that other plugins and conftests may implement."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Answer --rlhf-list and --rlhf-new, and run no tests then."""
    return answering.answer(config)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the options, load the selected suites."""
    conduct.begin(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is tested."""
    return conduct.header(config)


@pytest.hookimpl(wrapper=True)
def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> Generator[None, bool | None, bool | None]:
    """Pass by what uses no selected suite."""
    return conduct.ignores(config, collection_path, (yield))


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Give a suite's own specs short node ids."""
    return conduct.suite_module(module_path, parent)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a user's mistake met while importing a spec into one message."""
    return conduct.collect_report((yield), collector)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Split a long spec into streams."""
    conduct.split(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the specs of the selected suites and set Hypothesis for them."""
    conduct.select(config, items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop before any test runs where a spec asks for what its suite does not have."""
    conduct.stop_on_mistakes(session.config, session.items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Leave no verdict of an earlier run in the place of this one's."""
    ending.tests_begin(session)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a spec with its model bound and its body watched."""
    with conduct.bound(pyfuncitem):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach what the spec found, and show it."""
    return conduct.report_of(item, call, (yield))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the run-wide facts into the JUnit file, write the report files, close what was opened."""
    ending.finish(session)


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """End with the verdicts."""
    ending.summarise(terminalreporter, config)


@pytest.fixture(scope="session")
def model_under_test(pytestconfig: pytest.Config) -> Model:
    """The assistant under test (--rlhf-model): call it with a case, get a reply. Override it with your own callable."""
    return current(pytestconfig).model


@pytest.fixture(scope="session")
def reward_model(pytestconfig: pytest.Config) -> RewardModel:
    """The reward model (--rlhf-reward), by default the embedded clinic's. Override it with your own callable."""
    return current(pytestconfig).reward


@pytest.fixture(scope="session")
def preferences(pytestconfig: pytest.Config) -> Preferences:
    """The preference data (--rlhf-preferences), by default the embedded clinic's votes. Override it with your own."""
    return current(pytestconfig).preferences
