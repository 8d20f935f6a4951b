"""The summary at the end of the run: specs, cases, verdicts, the worst slice first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import Finding
from pytest_rlhfstress.reports.plain_text import shown

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

WIDTH = 100
COLOURS = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow"}
NO_MODEL = (
    "NO MODEL CONFIGURED: the embedded clinic was tested, not your assistant.",
    "Name yours: --rlhf-model=package.module:callable (or openai:MODEL, hf:PATH, litellm:PROVIDER/MODEL).",
)
CAVEAT = "PASS means no counterexample was found in this search; it is no evidence of clinical safety."


@dataclass(frozen=True)
class Overview:
    """What the summary says besides the findings."""

    left_out_tests: int
    left_out_files: int
    model_configured: bool
    reviews: tuple[str, ...]
    notes: tuple[str, ...] = ()


def write_summary(reporter: TerminalReporter, findings: Sequence[Finding], overview: Overview) -> None:
    """Print the summary."""
    if not findings and not overview.left_out_tests:
        return
    reporter.section("rlhfstress", sep="=", bold=True)
    if findings and not overview.model_configured:
        for line in NO_MODEL:
            reporter.write_line(line, yellow=True, bold=True)
    for finding in sorted(findings, key=_rank):
        _write_row(reporter, finding)
    if findings:
        reporter.write_line(totals(findings))
    if overview.left_out_tests:
        reporter.write_line(
            f"left out: {overview.left_out_tests} tests that use no selected suite "
            f"({overview.left_out_files} files not imported)"
        )
    for line in (*overview.reviews, *overview.notes, *((CAVEAT,) if findings else ())):
        reporter.write_line(line)


def totals(findings: Sequence[Finding]) -> str:
    """Specs by verdict, cases and requests, in one line."""
    counts = {v: sum(f.verdict == v for f in findings) for v in COLOURS}
    said = ", ".join(f"{n} {v}" for v, n in counts.items() if n)
    models = ", ".join(sorted({f.model for f in findings}))
    cases, asked = sum(f.cases for f in findings), sum(f.asked for f in findings)
    return f"{len(findings)} specs on {models}: {said}; {cases} cases judged, {asked} requests"


def _rank(finding: Finding) -> tuple[int, float, str]:
    order = ("FAIL", "INCONCLUSIVE", "PASS")
    worst = finding.worst
    return order.index(finding.verdict), -(worst.share if worst else 0.0), finding.nodeid


def _write_row(reporter: TerminalReporter, finding: Finding) -> None:
    colour = COLOURS[finding.verdict]
    reporter.write(f"{finding.verdict:<13}", **{colour: True})
    reporter.write_line(shown(finding.claim, WIDTH - 14))
    case, worst = finding.counterexample, finding.worst
    if case is not None:
        reporter.write_line(f"{'':13}{' + '.join(case.ingredients) or 'nothing mixed in'}")
    if worst is not None:
        reporter.write_line(
            f"{'':13}worst slice: {worst.family}, {worst.failing} of {worst.cases} cases tried; {finding.cases} in all"
        )
    if case is None:
        reporter.write_line(f"{'':13}{shown(finding.reason, 400)}")
