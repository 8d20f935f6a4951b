"""The end of a session, and what is done before its tests so that the end can be told: reports, JUnit, summary."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.running.current import current
from pytest_rlhfstress.running.extending import sections_of
from pytest_rlhfstress.running.gathering import Gathered, hand_over
from pytest_rlhfstress.running.stash import BASELINE, BEGAN, GATHERED, NOTES, OPTIONS, REPORT, RUN

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_rlhfstress.reports.report import Report, ReportSection
    from pytest_rlhfstress.running.report_files import Outcome


def tests_begin(session: pytest.Session) -> None:
    """Put a report of nothing in place of an earlier run's: a run that is killed then leaves no verdict of another."""
    config = session.config
    run = config.stash.get(RUN, None)
    if run is None or run.selection is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    from pytest_rlhfstress.running.report_files import report_of, write_files

    options = config.stash[OPTIONS]
    if options.reports:
        write_files(report_of(options, _outcome(session, complete=False), None), options.reports)


def finish(session: pytest.Session) -> None:
    """Write run-wide JUnit properties and the report files, and let go of resources."""
    config = session.config
    gathered, run = config.stash[GATHERED], config.stash.get(RUN, None)
    if run is not None:
        gathered.audits.update(run.auditing.audits)
        gathered.unknown += run.selection.unknown() if run.selection is not None else []
        hand_over(config, gathered)
    if not hasattr(config, "workerinput") and (gathered.findings or (run is not None and run.selection is not None)):
        from pytest_rlhfstress.reports.junit import add_suite_properties
        from pytest_rlhfstress.running.report_files import report_of

        sections, mistakes = _sections(config)
        outcome = _outcome(session, _complete(session), sections)
        report = report_of(config.stash[OPTIONS], outcome, config.stash[BASELINE])
        config.stash[REPORT] = report
        add_suite_properties(config, report)
        _write_reports(session, report, mistakes)
        if run is not None and run.selection is not None and not config.option.collectonly:
            _refuse_green(session, report)
    if RUN in config.stash:
        config.stash[RUN].close()


def _complete(session: pytest.Session) -> bool:
    """Whether every test came to its end."""
    ended = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    items = getattr(session, "items", ())
    all_ran = not items or session.config.stash[GATHERED].ended >= len(items)
    return ended and all_ran and not (session.shouldstop or session.shouldfail)


def _refuse_green(session: pytest.Session, report: Report) -> None:
    """A selected suite of which nothing was shown, or not all was run, does not end well."""
    if session.exitstatus == pytest.ExitCode.OK and not (report.facts.complete and report.count("PASS")):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _sections(config: pytest.Config) -> tuple[tuple[ReportSection, ...], tuple[str, ...]]:
    """What other plugins add to the report, or what is wrong with it."""
    try:
        return sections_of(config, config.stash[GATHERED].findings), ()
    except UserError as error:
        return (), (f"SECTION NOT WRITTEN: {error}",)


def _outcome(session: pytest.Session, complete: bool, sections: tuple[ReportSection, ...] = ()) -> Outcome:
    from pytest_rlhfstress.running.report_files import Outcome

    config = session.config
    run, gathered = config.stash.get(RUN, None), config.stash[GATHERED]
    selection = run.selection if run is not None else None
    began, ticks = config.stash[BEGAN]
    calibrations = run.calibrations if run is not None else ()
    return Outcome(
        suites=selection.suites if selection is not None else (),
        findings=gathered.findings,
        broken=gathered.broken,
        complete=complete,
        began=began,
        seconds=time.monotonic() - ticks,
        audits=tuple(gathered.audits.values()),
        calibrations=calibrations,
        sections=sections,
        not_run=gathered if selection is not None else Gathered(),
    )


def _write_reports(session: pytest.Session, report: Report, mistakes: tuple[str, ...]) -> None:
    """Write the run's report files; a run whose report is missing does not end well."""
    from pytest_rlhfstress.running.report_files import write_files

    config = session.config
    options, gathered = config.stash[OPTIONS], config.stash[GATHERED]
    written = write_files(report, options.reports)
    notes, failed = (*mistakes, *written.notes), bool(mistakes) or written.failed
    if options.export is not None:
        from pytest_rlhfstress.running.exporting import export

        # Where xdist's workers ran everything, this process had no use for a run yet.
        written = export(Path(options.export), current(config), gathered.findings, gathered.audits)
        notes, failed = (*notes, *written.notes), failed or written.failed
    config.stash[NOTES] = notes
    if failed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def summarise(reporter: TerminalReporter, config: pytest.Config) -> None:
    """Print the verdicts, worst first."""
    findings = config.stash[GATHERED].findings
    run = config.stash.get(RUN, None)
    selection = run.selection if run is not None else None
    if not findings and selection is None:
        return
    from pytest_rlhfstress.reports.terminal import Overview, write_summary
    from pytest_rlhfstress.running.doubts import replies_line

    report = config.stash.get(REPORT, None)
    left_out = selection.left_out if selection is not None else None
    embedded = any(f.model.startswith("clinic") for f in findings)
    overview = Overview(
        left_out_tests=(left_out.tests if left_out else 0) + (selection.deselected if selection else 0),
        left_out_files=len(left_out.files) if left_out else 0,
        model_configured=config.stash[OPTIONS].model_configured or not embedded,
        reviews=tuple(f"{s.name}: {s.review}" for s in (selection.suites if selection else ()) if s.review),
        notes=config.stash.get(NOTES, ()),
        comparison=report.comparison if report is not None else None,
        calibrations=run.calibrations if run is not None else (),
        audited=report.audited if report is not None else (),
        warnings=report.warnings if report is not None else (),
        replies=replies_line(findings),
        sections=report.sections if report is not None else (),
    )
    write_summary(reporter, findings, overview)
    if report is not None:
        from pytest_rlhfstress.running.report_files import tell_github

        for line in tell_github(report):
            reporter.write_line(line)
