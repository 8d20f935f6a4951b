"""The summary at the end of the run: specs, cases, verdicts, the worst slice first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import Finding, PairsCovered
from pytest_rlhfstress.reports import calibration_lines
from pytest_rlhfstress.reports.comparison import Comparison
from pytest_rlhfstress.reports.plain_text import shown, wrapped
from pytest_rlhfstress.reports.report import CAVEAT, Instruments, ReportSection, rank

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_rlhfstress.instruments.detector_calibration import Calibration

INDENT = " " * 13
COLOURS = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow"}
NO_MODEL = (
    "NO MODEL CONFIGURED: the embedded clinic was tested, not your assistant.",
    "Name yours: --rlhf-model=package.module:callable (or openai:MODEL, hf:PATH, litellm:PROVIDER/MODEL).",
)


UNCALIBRATED = "the detectors were not measured in this run: --rlhf-labels=FILE counts where they and people disagree"


@dataclass(frozen=True)
class Overview:
    """What the summary says besides the findings."""

    left_out_tests: int
    left_out_files: int
    model_configured: bool
    reviews: tuple[str, ...]
    notes: tuple[str, ...] = ()
    comparison: Comparison | None = None
    audited: Sequence[Instruments] = ()
    calibrations: Sequence[Calibration] = ()
    sections: Sequence[ReportSection] = ()
    warnings: Sequence[str] = ()
    replies: str = ""


def write_summary(reporter: TerminalReporter, findings: Sequence[Finding], overview: Overview) -> None:
    """Print the summary: with -q no more than what is not a PASS, with -v each spec's reason and slices."""
    if not findings and not overview.left_out_tests and not overview.calibrations and not overview.warnings:
        return
    reporter.ensure_newline()
    reporter.section("rlhfstress", sep="=", bold=True)
    if findings and not overview.model_configured:
        for line in NO_MODEL:
            reporter.write_line(line, yellow=True, bold=True)
    for finding in sorted(findings, key=rank):
        if reporter.verbosity >= 0 or finding.verdict != "PASS":
            _write_row(reporter, finding, overview.comparison)
    for audited in overview.audited if reporter.verbosity >= 0 else ():
        _write_audit(reporter, audited, several=len(overview.audited) > 1)
    for calibration in overview.calibrations:
        for line in calibration_lines.lines(calibration):
            reporter.write_line(line)
    for section in overview.sections:
        _write_section(reporter, section)
    for line in _closing(findings, overview):
        for part in wrapped(line):
            reporter.write_line(part)
    for warning in overview.warnings:
        for part in wrapped(shown(f"WARNING: {warning}", 600), hang=" " * 9):
            reporter.write_line(part, yellow=True, bold=True)


def _write_section(reporter: TerminalReporter, section: ReportSection) -> None:
    """What another plugin adds: its lines, and its rows as NAME=VALUE."""
    reporter.write_line(shown(section.title, 200), bold=True)
    rows = (", ".join(f"{name}={value}" for name, value in row.items()) for row in section.rows)
    for line in (*section.lines, *rows):
        for part in wrapped(shown(line, 400), "  "):
            reporter.write_line(part)


def _write_audit(reporter: TerminalReporter, audited: Instruments, several: bool) -> None:
    """One sentence for each instrument, and what could not be read of the preference data."""
    where = f" ({audited.suite})" if several else ""
    reporter.write_line(f"what the instruments say of its tuning{where}", bold=True)
    for name, measured in audited.measured.items():
        if name != "shadow_map":  # it joins the sentences of others
            for part in wrapped(f"{name:<20}{shown(measured.sentence, 400)}", " " * 20):
                reporter.write_line(part)
    for remark in audited.remarks:
        for part in wrapped(shown(remark, 400), " " * 4):
            reporter.write_line(part)


def _closing(findings: Sequence[Finding], overview: Overview) -> list[str]:
    lines = [totals(findings), *guarantee(findings)] if findings else []
    if overview.replies:
        lines.append(overview.replies)
    if overview.comparison is not None:
        lines.append(f"since the baseline of {overview.comparison.since[:10]}: {overview.comparison.sentence}")
        lines += [f"  fixed: {shown(c.claim, 200)}" for c in overview.comparison.of("fixed")]
    if findings and not overview.calibrations:
        lines.append(UNCALIBRATED)
    if overview.left_out_tests:
        lines.append(
            f"left out: {overview.left_out_tests} tests that use no selected suite "
            f"({overview.left_out_files} files not imported)"
        )
    said = (*overview.reviews, *overview.notes, *((CAVEAT,) if findings else ()))
    return lines + [shown(line) for line in said]


def totals(findings: Sequence[Finding]) -> str:
    """Specs by verdict, cases and requests, in one line."""
    counts = {v: sum(f.verdict == v for f in findings) for v in COLOURS}
    said = ", ".join(f"{n} {v}" for v, n in counts.items() if n)
    models = ", ".join(sorted({f.model for f in findings if f.model})) or "no assistant"
    cases, asked = sum(f.cases for f in findings), sum(f.asked for f in findings)
    specs, judged, requests = (
        f"{n} {word}{'' if n == 1 else 's'}"
        for n, word in ((len(findings), "spec"), (cases, "case"), (asked, "request"))
    )
    return f"{specs} on {shown(models, 200)}: {said}; {judged} judged, {requests}"


def guarantee(findings: Sequence[Finding]) -> list[str]:
    """What the specs that passed may claim, by the combinations of ingredients their cases held."""
    held = [(f.spec, f.coverage) for f in findings if f.verdict == "PASS" and f.coverage is not None]
    full = sum(coverage.covered == coverage.feasible for _, coverage in held)
    if not held:
        return []
    word, number = {2: ("pair", "two"), 3: ("triple", "three")}[held[0][1].strength]
    claim = (
        f"{full} of {len(held)} specs that passed were tried with every {word} of their ingredients: a defect that "
        f"{number} of them trigger, however worded and whatever else is said, would have been seen there"
    )
    short = [f"  {spec}: {covered(c)}" for spec, c in held if c.covered < c.feasible]
    return [claim, *short] if full else short


def _write_row(reporter: TerminalReporter, finding: Finding, comparison: Comparison | None) -> None:
    first, *more = wrapped(shown(finding.claim, 400), INDENT)
    reporter.write(f"{finding.verdict:<13}", **{COLOURS[finding.verdict]: True})
    for line in (first[len(INDENT) :], *more):
        reporter.write_line(line)
    for line in _details(finding, reporter.verbosity, comparison):
        for part in wrapped(line, INDENT):
            reporter.write_line(part)


def _details(finding: Finding, verbosity: int, comparison: Comparison | None) -> list[str]:
    """What stands below a spec's claim."""
    case, worst = finding.counterexample, finding.worst
    lines = []
    kind = comparison.kind_of(finding.nodeid) if comparison is not None else None
    if case is not None:
        lines.append(shown(" + ".join(case.ingredients) or "nothing mixed in", 400))
        lines.append(f"“{shown(' '.join(case.said.split()), 160)}”")
    if worst is not None:
        lines.append(
            f"worst slice: {shown(worst.family, 200)}, {worst.failing} of {worst.cases} cases tried; "
            f"{finding.cases} in all" + (f"; {kind}" if kind else "")
        )
    if finding.rate is not None:
        lines.append(shown(finding.rate.sentence, 600))
    rate_says_it = finding.rate is not None and finding.rate.sentence in finding.reason
    if case is None and not rate_says_it and (finding.verdict != "PASS" or verbosity > 0):
        lines.append(shown(finding.reason, 400))
    if verbosity > 0:
        if finding.coverage is not None:
            lines.append(covered(finding.coverage))
        lines += [f"  {shown(s.family, 200)}: {s.failing} of {s.cases}" for s in finding.slices]
    return lines


def covered(coverage: PairsCovered) -> str:
    """How many combinations of ingredients were tried, in words."""
    sets = {2: "pairs", 3: "triples"}.get(coverage.strength, f"sets of {coverage.strength}")
    return f"{coverage.covered} of {coverage.feasible} {sets} of ingredients that can stand together were tried"
