"""The end of a run: its Report made, its report files written, GitHub told, the baseline compared with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import Finding
from pytest_rlhfstress.options import Options
from pytest_rlhfstress.reports.comparison import Comparison, compare
from pytest_rlhfstress.reports.report import (
    Broken,
    Instruments,
    Report,
    ReportSection,
    RunFacts,
    SuiteFacts,
    calibration_of,
)
from pytest_rlhfstress.running.gathering import Gathered

if TYPE_CHECKING:
    import pytest

    from pytest_rlhfstress.instruments.detector_calibration import Calibration
    from pytest_rlhfstress.instruments.overview import Audit
    from pytest_rlhfstress.suites import Suite


@dataclass(frozen=True)
class Outcome:
    """What pytest's session ended with. ``began`` is in UTC, ``seconds`` by a clock that never jumps."""

    suites: Sequence[Suite]
    findings: Sequence[Finding]
    broken: Sequence[Broken]
    complete: bool
    began: datetime
    seconds: float
    audits: Sequence[Audit] = ()
    calibrations: Sequence[Calibration] = ()
    sections: Sequence[ReportSection] = ()
    not_run: Gathered = field(default_factory=Gathered)
    """What did not run; empty where no suite was selected and nothing else was to run."""


@dataclass(frozen=True)
class Written:
    """What became of the report files: lines for the summary, and whether a file is missing."""

    notes: tuple[str, ...]
    failed: bool


def read_baseline(options: Options) -> Report | None:
    """The report that --rlhf-baseline names. Raises UserError where it is none."""
    if options.baseline is None:
        return None
    from pytest_rlhfstress.reports.json_report import read_report

    return read_report(Path(options.baseline))


def expect_known_failure(
    report: pytest.TestReport, finding: Finding, baseline: Report | None, options: Options
) -> None:
    """With --rlhf-fail-on=new, make a failure that the baseline has too an expected one, in pytest's own terms."""
    if options.fail_on != "new" or baseline is None or finding.verdict != "FAIL":
        return
    if any(known.nodeid == finding.nodeid and known.verdict == "FAIL" for known in baseline.findings):
        report.outcome = "skipped"
        report.wasxfail = f"failing since the baseline of {baseline.facts.started[:10]}: {finding.claim}"


def report_of(options: Options, outcome: Outcome, baseline: Report | None) -> Report:
    """The run's Report."""
    compared: Comparison | None = None
    if baseline is not None:
        compared = compare(baseline.facts.started, baseline.findings, outcome.findings)
    return Report(
        facts=_facts(options, outcome),
        findings=tuple(outcome.findings),
        broken=tuple(outcome.broken),
        warnings=_warnings(outcome, baseline),
        comparison=compared,
        audited=tuple(map(Instruments.of, outcome.audits)),
        audits=tuple(outcome.audits),
        sections=tuple(outcome.sections),
        calibration={
            signal: calibration_of(measured) for c in outcome.calibrations for signal, measured in c.signals.items()
        },
    )


def _warnings(outcome: Outcome, baseline: Report | None) -> tuple[str, ...]:
    """What makes the verdicts worth less than they look."""
    from pytest_rlhfstress.running.doubts import Circumstances, doubts

    around = Circumstances(
        suites=outcome.suites,
        skipped=outcome.not_run.skipped,
        deselected=outcome.not_run.deselected,
        unknown=outcome.not_run.unknown,
        calibrated=frozenset(signal for c in outcome.calibrations for signal in c.signals),
        baseline_models=baseline.facts.model if baseline is not None else "",
    )
    return doubts(outcome.findings, around)


def _facts(options: Options, outcome: Outcome) -> RunFacts:
    from importlib.metadata import version

    from pytest_rlhfstress import __version__

    cases = [f.counterexample for f in outcome.findings if f.counterexample is not None]
    models = sorted({f.model for f in outcome.findings if f.model}) or [options.model]
    return RunFacts(
        started=outcome.began.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(outcome.seconds, 3),
        product=__version__,
        pytest=version("pytest"),
        hypothesis=version("hypothesis"),
        model=", ".join(models),
        model_configured=options.model_configured or not any(m.startswith("clinic") for m in models),
        complete=outcome.complete,
        reward=", ".join(options.rewards or sorted({c.reward_model for c in cases if c.reward is not None})),
        preferences=options.preferences or "",
        seed=options.seed,
        cases=options.cases,
        samples=options.samples,
        suites=tuple(SuiteFacts(s.name, s.version, s.review) for s in outcome.suites),
    )


def write_files(report: Report, names: Sequence[str]) -> Written:
    """Write each named file, JSON first; one that cannot be written is said, and keeps none of the others back."""
    from pytest_rlhfstress.reports.files import write_atomically

    notes, failed = [], False
    for name in sorted(names, key=lambda name: not name.endswith(".json")):
        try:
            write_atomically(Path(name), _text(report, name))
            notes.append(f"report: {name}")
        except OSError as error:
            failed = True
            notes.append(f"REPORT NOT WRITTEN: {name}: {error.strerror or error}")
    return Written(tuple(notes), failed)


def _text(report: Report, name: str) -> str:
    if name.endswith(".json"):
        from pytest_rlhfstress.reports.json_report import as_json

        return as_json(report)
    from pytest_rlhfstress.reports.html.page import as_html

    return as_html(report)


def tell_github(report: Report, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Append to the step's summary where there is one; the workflow commands to print where GitHub runs us."""
    from pytest_rlhfstress.reports.github import step_summary, workflow_commands

    lines: list[str] = []
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with open(summary, "a", encoding="utf-8", newline="\n") as file:
                file.write(step_summary(report))
        except OSError as error:
            lines.append(f"step summary not written: {summary}: {error.strerror or error}")
    if environment.get("GITHUB_ACTIONS") == "true":
        lines += workflow_commands(report, environment.get("GITHUB_WORKSPACE", ""))
    return tuple(lines)
