"""Run-wide facts as properties of the JUnit test suite; the specs' own go through user properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import Finding
from pytest_rlhfstress.reports.plain_text import shown

if TYPE_CHECKING:
    import pytest


def add_suite_properties(config: pytest.Config, findings: Sequence[Finding]) -> None:
    """Write the run's suites, models, seed, totals and verdict into pytest's own JUnit file, if one is written."""
    # The key under which pytest keeps its JUnit writer; record_testsuite_property uses it too.
    from _pytest.junitxml import xml_key

    xml = config.stash.get(xml_key, None)
    if xml is None or not findings:
        return
    verdicts = {f.verdict for f in findings}
    worst = next(v for v in ("FAIL", "INCONCLUSIVE", "PASS") if v in verdicts)
    for name, value in (
        ("rlhf.suite", ", ".join(sorted({f.suite for f in findings}))),
        ("rlhf.model", ", ".join(sorted({f.model for f in findings}))),
        ("rlhf.seed", ", ".join(sorted({str(f.seed) for f in findings}))),
        ("rlhf.cases", str(sum(f.cases for f in findings))),
        ("rlhf.asked", str(sum(f.asked for f in findings))),
        ("rlhf.verdict", worst),
    ):
        xml.add_global_property(name, shown(value))
