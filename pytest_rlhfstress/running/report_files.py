"""The report files that --rlhf-report asks for: what the run knows, made a Report and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import Finding
from pytest_rlhfstress.options import Options
from pytest_rlhfstress.reports.report import Broken, Report, RunFacts, SuiteFacts

if TYPE_CHECKING:
    from pytest_rlhfstress.suites import Suite


@dataclass(frozen=True)
class Written:
    """What became of the report files: a line for each, and whether one is missing."""

    notes: tuple[str, ...]
    failed: bool


@dataclass(frozen=True)
class Outcome:
    """What pytest's session ended with. ``began`` is in UTC, ``seconds`` by a clock that never jumps."""

    findings: Sequence[Finding]
    broken: Sequence[Broken]
    complete: bool
    began: datetime
    seconds: float


def report_of(options: Options, suites: Sequence[Suite], outcome: Outcome) -> Report:
    """The run's Report."""
    return Report(
        facts=_facts(options, suites, outcome),
        findings=tuple(outcome.findings),
        broken=tuple(outcome.broken),
    )


def _facts(options: Options, suites: Sequence[Suite], outcome: Outcome) -> RunFacts:
    from importlib.metadata import version

    from pytest_rlhfstress import __version__

    cases = [f.counterexample for f in outcome.findings if f.counterexample is not None]
    models = sorted({f.model for f in outcome.findings}) or [options.model]
    return RunFacts(
        started=outcome.began.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=round(outcome.seconds, 3),
        product=__version__,
        pytest=version("pytest"),
        hypothesis=version("hypothesis"),
        model=", ".join(models),
        model_configured=options.model_configured or not any(m.startswith("clinic") for m in models),
        complete=outcome.complete,
        reward=", ".join(options.rewards or sorted({c.reward_model for c in cases if c.reward_model})),
        preferences=options.preferences or "",
        seed=options.seed,
        cases=options.cases,
        samples=options.samples,
        suites=tuple(SuiteFacts(s.name, s.version, s.review) for s in suites),
    )


def write_files(report: Report, names: Sequence[str]) -> Written:
    """Write each named file; one that cannot be written is said, and keeps none of the others from being written."""
    from pytest_rlhfstress.reports.files import write_atomically

    notes, failed = [], False
    for name in names:
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
