"""What other plugins and a project's conftest may add: each hook below, with its arguments and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_rlhfstress.reports.report import ReportSection

if TYPE_CHECKING:
    from pytest_rlhfstress.conversation import Case, Reply
    from pytest_rlhfstress.finding import Finding

__all__ = ["FinishedCase", "ReportSection"]


@dataclass(frozen=True)
class FinishedCase:
    """A case of which it is known whether the invariant held.

    ``nodeid`` is the spec's; ``case`` is None where the spec asked with words of its own; ``replies`` are those to
    everything the body asked, in order; ``broken`` says that the invariant was broken.
    """

    nodeid: str
    case: Case | None
    replies: tuple[Reply, ...]
    broken: bool


@pytest.hookspec
def pytest_rlhf_models() -> Mapping[str, Callable[[str], object]]:  # type: ignore[empty-body]
    """Offer kinds of models, as `--rlhf-model=KIND:REST` names them.

    Called once, when a run begins. Returns a mapping of kind (lower-case letters, digits, `_`) to a function. The
    function gets REST (the text after the colon, maybe empty) and returns what the fixture `model_under_test` may
    return: a callable, a model specification, or a `Model`. Raise `UserError` in it for a REST that means nothing.
    """


@pytest.hookspec
def pytest_rlhf_rewards() -> Mapping[str, Callable[[str], object]]:  # type: ignore[empty-body]
    """Offer kinds of reward models, as `--rlhf-reward=KIND:REST` names them.

    Called once, when a run begins. Returns a mapping of kind to a function from REST to what the fixture
    `reward_model` may return: a callable of a conversation and a reply, a specification, or a `RewardModel`.
    """


@pytest.hookspec
def pytest_rlhf_suites() -> Iterable[Path]:  # type: ignore[empty-body]
    """Offer suites by their folders, so that `--rlhf-suite=NAME` and `cases("NAME")` find them.

    Called once, when a run begins. Returns folders with a `suite.yaml`; a folder's name is the suite's. A suite
    distributed on its own needs no hook: the entry-point group `pytest_rlhfstress.suites` does the same.
    """


@pytest.hookspec
def pytest_rlhf_signals(suite: str) -> Mapping[str, Mapping[str, object]]:  # type: ignore[empty-body]
    """Add signals to the suite of that name.

    Called for each suite when it is read. Returns a mapping of signal to its fields, in the shape of the `signals`
    section of `suite.yaml`; they are validated and their labelled examples tried like the suite's own. A name that
    the suite has already is an error.
    """


@pytest.hookspec
def pytest_rlhf_report_sections(findings: Sequence[Finding]) -> Iterable[ReportSection]:  # type: ignore[empty-body]
    """Add sections to the summary in the terminal, to the HTML page and to the JSON report.

    Called once, after the last test, in the process that writes the reports (with xdist: the controller), with
    every finding of the run.
    """


@pytest.hookspec
def pytest_rlhf_case_finished(finished: FinishedCase) -> None:
    """Observe a case of which it has just become known whether the invariant held.

    Called once for each distinct case of each spec, also for those that shrinking tries, in the process that runs
    the spec (with xdist: a worker). What it raises ends the spec as INCONCLUSIVE, naming the hook and the line; it
    is never taken for a broken invariant.
    """
