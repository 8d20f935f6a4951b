"""What a run found, from this process and from xdist's workers: findings, broken tests, what instruments measured."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from pytest_rlhfstress.finding import Finding
    from pytest_rlhfstress.instruments.overview import Audit
    from pytest_rlhfstress.reports.report import Broken

FINDING = "rlhf_finding"
"""The attribute of a test's report that carries its finding as plain data."""
AUDITS = "rlhf_audits"
"""The key under which a worker of xdist sends what its instruments measured."""
NOT_RUN = "rlhf_not_run"
"""The key under which it sends the specs that were deselected and the suites that there are not."""


@dataclass
class Gathered:
    """Grows while the run goes on. ``audits`` are by the suite's name.

    ``skipped`` are tests that judged nothing, ``deselected`` names of tests that did not run, ``unknown`` sentences
    about suites that tests name and that there are not, ``ended`` how many tests came to their end.
    """

    findings: list[Finding] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    audits: dict[str, Audit] = field(default_factory=dict)
    skipped: list[Broken] = field(default_factory=list)
    deselected: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    ended: int = 0


class Node(Protocol):
    """A worker of xdist, seen from its controller."""

    workeroutput: Mapping[str, object]


class Gathering:
    """A plugin object that fills a Gathered from pytest's reports and from what xdist's workers leave."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the finding that a spec's report carries."""
        self.gathered.ended += report.when == "teardown"
        carried = getattr(report, FINDING, None)
        if carried is not None:
            from pytest_rlhfstress.finding import Finding

            self.gathered.findings.append(Finding.from_dict(carried))
        elif report.failed:
            self._note(report)
        elif report.skipped and not hasattr(report, "wasxfail"):
            self._note_skipped(report)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Keep the names of what -k, -m or --deselect leave out."""
        self.gathered.deselected += [item.nodeid for item in items]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self._note(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Node) -> None:
        """Take what a worker of this very run measured; a worker that crashed leaves nothing."""
        output = getattr(node, "workeroutput", {})
        sent, not_run = output.get(AUDITS), output.get(NOT_RUN)
        if isinstance(sent, bytes):
            self.gathered.audits.update(pickle.loads(sent))
        if isinstance(not_run, list):
            # Every worker collects the same.
            self.gathered.deselected, self.gathered.unknown = not_run

    def _note_skipped(self, report: pytest.TestReport) -> None:
        from pytest_rlhfstress.reports.report import Broken

        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        self.gathered.skipped.append(Broken(report.nodeid, said.removeprefix("Skipped: ").splitlines()[0]))

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        from pytest_rlhfstress.reports.report import Broken

        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message if crash is not None else report.longreprtext
        lines = said.strip().splitlines() or ["failed"]
        self.gathered.broken.append(Broken(report.nodeid, lines[0] if crash is not None else lines[-1]))


def hand_over(config: pytest.Config, gathered: Gathered) -> None:
    """Leave what this worker's instruments measured, and what it did not run, to its controller."""
    output = getattr(config, "workeroutput", None)
    if output is None:
        return
    output[NOT_RUN] = [gathered.deselected, gathered.unknown]
    if gathered.audits:
        output[AUDITS] = pickle.dumps(gathered.audits)
