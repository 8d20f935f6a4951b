"""Run-wide facts as properties of the JUnit test suite; the specs' own go through user properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.plain_text import shown

if TYPE_CHECKING:
    import pytest

    from pytest_rlhfstress.reports.report import Report


def add_suite_properties(config: pytest.Config, report: Report) -> None:
    """Write the run's suites, models, seed, totals, verdict and warnings into pytest's own JUnit file, if any."""
    findings = report.findings
    # The key under which pytest keeps its JUnit writer; record_testsuite_property uses it too.
    from _pytest.junitxml import xml_key

    xml = config.stash.get(xml_key, None)
    if xml is None:
        return
    for name, value in (
        ("rlhf.suite", ", ".join(sorted({f.suite for f in findings}))),
        ("rlhf.model", ", ".join(sorted({f.model for f in findings if f.model}))),
        ("rlhf.seed", ", ".join(sorted({str(f.seed) for f in findings}))),
        ("rlhf.cases", str(sum(f.cases for f in findings))),
        ("rlhf.asked", str(sum(f.asked for f in findings))),
        ("rlhf.verdict", report.verdict),
        *(("rlhf.warning", warning) for warning in report.warnings),
    ):
        xml.add_global_property(name, shown(value))
