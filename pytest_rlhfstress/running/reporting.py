"""A spec's finding put into pytest's report of it, so that it travels from xdist's workers too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_rlhfstress.finding import Finding
from pytest_rlhfstress.options import DEFAULT_STRENGTH, Options
from pytest_rlhfstress.reports.failure_card import failure_card
from pytest_rlhfstress.reports.plain_text import shown
from pytest_rlhfstress.running.concluding import Context, conclude
from pytest_rlhfstress.running.coverage import coverage_of
from pytest_rlhfstress.running.gathering import FINDING
from pytest_rlhfstress.running.run import AUDIT
from pytest_rlhfstress.running.selection import request_of_item

if TYPE_CHECKING:
    from pytest_rlhfstress.running.bound_spec import BoundSpec
    from pytest_rlhfstress.suites import Suite


def finding_of(bound: BoundSpec, error: BaseException | None) -> Finding:
    """What the spec found."""
    options = bound.run.options
    request = request_of_item(bound.item)
    occurred = bound.spec.judged.occurred
    context = Context(
        suite=bound.suite.name if bound.suite else "",
        model=bound.model_name or (options.model if AUDIT in bound.item.fixturenames else ""),
        seed=options.seed,
        score=bound.score,
        explain=bound.explain,
        rate=bound.rate,
        flags=(*_path_of(bound.suite, options), *_flags(options)),
        heard=bound.heard,
        exhausted=bound.exhausted,
        coverage=coverage_of(request, options.strength, occurred) if request and bound.rate is None else None,
    )
    return conclude(bound.item, bound.spec, error, context)


def _path_of(suite: Suite | None, options: Options) -> tuple[str, ...]:
    """How a suite was named that its own name does not find: by the path of its folder."""
    from pytest_rlhfstress.suites import find_suite

    if suite is None:
        return ()
    paths = [named for named in options.suites if named != suite.name]
    return tuple(f"--rlhf-suite={p}" for p in paths if find_suite(p, (options.rootdir,)) == suite.folder)


def _flags(options: Options) -> tuple[str, ...]:
    """What decides on the cases besides suite, model and seed, as it is written on the command line."""
    given = {
        "cases": options.cases if options.cases_configured else None,
        "strength": options.strength if options.strength != DEFAULT_STRENGTH else None,
        "guided": options.guided or None,
        "preferences": options.preferences,
        "preference-fields": options.preference_fields,
    }
    rewards = tuple(f"--rlhf-reward={reward}" for reward in options.rewards)
    return (*(f"--rlhf-{name}={value}" for name, value in given.items() if value is not None), *rewards)


def attach(report: pytest.TestReport, finding: Finding, verbosity: int) -> None:
    """Write the finding into the report: properties, what is shown, and the outcome.

    INCONCLUSIVE is never a pass: where nothing was tested it fails, too small a search is skipped.
    """
    setattr(report, FINDING, finding.as_dict())
    report.user_properties.extend((name, shown(value, 50_000)) for name, value in finding.properties())
    if finding.verdict == "PASS":
        return
    if report.outcome == "passed":
        report.outcome = "failed" if finding.untested else "skipped"
        path, line, _ = report.location
        if report.outcome == "skipped":
            report.longrepr = (path, (line or 0) + 1, f"INCONCLUSIVE: {shown(finding.reason)}")
            return
    if verbosity > 0 and report.longrepr is not None:
        report.sections.append(("traceback", str(report.longrepr)))
    report.longrepr = _as_longrepr(failure_card(finding), finding, report)  # type: ignore[assignment]


def _as_longrepr(card: str, finding: Finding, report: pytest.TestReport) -> object:
    """The card in the one shape that pytest shows, writes to JUnit and sends between processes alike."""
    from _pytest._code.code import ReprExceptionInfo, ReprFileLocation, ReprTracebackNative

    path, line, _ = report.location
    summary = f"{finding.verdict}: {finding.claim}"
    if finding.counterexample is not None:
        summary += f" [{' + '.join(finding.counterexample.ingredients)}]"
    elif finding.reason:
        summary += f": {finding.reason.splitlines()[0]}"
    place = ReprFileLocation(path, (line or 0) + 1, shown(summary, 500))
    return ReprExceptionInfo(reprtraceback=ReprTracebackNative([f"{card}\n"]), reprcrash=place)
