"""What a run found, from this process and from xdist's workers: findings, broken tests, what instruments measured."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
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


@dataclass
class Gathered:
    """Grows while the run goes on. ``audits`` are by the suite's name."""

    findings: list[Finding] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    audits: dict[str, Audit] = field(default_factory=dict)


class Node(Protocol):
    """A worker of xdist, seen from its controller."""

    workeroutput: Mapping[str, object]


class Gathering:
    """A plugin object that fills a Gathered from pytest's reports and from what xdist's workers leave."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the finding that a spec's report carries."""
        carried = getattr(report, FINDING, None)
        if carried is not None:
            from pytest_rlhfstress.finding import Finding

            self.gathered.findings.append(Finding.from_dict(carried))
        elif report.failed:
            self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self._note(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Node) -> None:
        """Take what a worker of this very run measured; a worker that crashed leaves nothing."""
        sent = getattr(node, "workeroutput", {}).get(AUDITS)
        if isinstance(sent, bytes):
            self.gathered.audits.update(pickle.loads(sent))

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        from pytest_rlhfstress.reports.report import Broken

        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message if crash is not None else report.longreprtext
        lines = said.strip().splitlines() or ["failed"]
        self.gathered.broken.append(Broken(report.nodeid, lines[0] if crash is not None else lines[-1]))


def hand_over(config: pytest.Config, audits: Mapping[str, Audit]) -> None:
    """Leave what this worker's instruments measured to its controller."""
    output = getattr(config, "workeroutput", None)
    if output is not None and audits:
        output[AUDITS] = pickle.dumps(dict(audits))
