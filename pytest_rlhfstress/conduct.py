"""What pytest's hooks do from the options to each spec's report; the end of the session is running.ending's."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.options import Options, options_from
from pytest_rlhfstress.running.current import current
from pytest_rlhfstress.running.extending import take_in
from pytest_rlhfstress.running.gathering import Gathered, Gathering
from pytest_rlhfstress.running.mentions import MARKER
from pytest_rlhfstress.running.stash import BASELINE, BEGAN, GATHERED, MISTAKES, OPTIONS, RUN, SPEC

if TYPE_CHECKING:
    from pytest_rlhfstress.reports.report import Report
    from pytest_rlhfstress.running.run import Run


def begin(config: pytest.Config) -> None:
    """Register the markers, read the options, and load the selected suites so that mistakes show first."""
    config.addinivalue_line("markers", f"{MARKER}(name): this test is a spec of the suite (rlhfstress)")
    config.addinivalue_line(
        "markers",
        "rlhf_rate(at_most, confidence=0.95): judge independent cases until it is plain whether at most this share "
        "of them breaks the invariant",
    )
    config.addinivalue_line(
        "markers",
        "rlhf_samples(of, hold): ask each question `of` times; at least `hold` replies must keep the invariant",
    )
    config.stash[MISTAKES] = []
    config.stash[GATHERED] = Gathered()
    config.stash[BEGAN] = (datetime.now(UTC), time.monotonic())
    config.pluginmanager.register(Gathering(config.stash[GATHERED]), "rlhfstress-gathering")
    try:
        take_in(config)
        options = options_from(config)
        config.stash[OPTIONS] = options
        if options.allowed:
            from pytest_rlhfstress.suites import allow

            allow(options.allowed)
        config.stash[BASELINE] = _baseline(options)
        if options.selecting:
            _check_asserts(config)
            _check_names(current(config))
    except UserError as error:
        raise pytest.UsageError(str(error)) from None


def _check_asserts(config: pytest.Config) -> None:
    if sys.flags.optimize and config.getoption("assertmode", "rewrite") == "plain":
        raise UserError(
            "python -O with --assert=plain takes every assert out, so that no spec could fail; leave out one"
        )


def _baseline(options: Options) -> Report | None:
    if options.baseline is None:
        return None
    from pytest_rlhfstress.running.report_files import read_baseline

    return read_baseline(options)


def _check_names(run: Run) -> None:
    """Find what the options name before any test runs; the clinic needs no finding and is trained when asked."""
    if run.options.model != "clinic":
        _ = run.model
    if run.options.rewards:
        _ = run.reward
    if run.options.preferences:
        _ = run.preferences
    _ = run.calibrations


def _run(config: pytest.Config) -> Run | None:
    return config.stash.get(RUN, None)


def header(config: pytest.Config) -> list[str]:
    """The lines at the head of a selecting run."""
    run = _run(config)
    if run is None or run.selection is None:
        return []
    from pytest_rlhfstress.reports.terminal import NO_MODEL

    suites = ", ".join(f"{s.name} {s.version}" for s in run.selection.suites)
    options = run.options
    lines = [f"rlhfstress: suite {suites}; model {options.model}; {options.cases} cases a spec; seed {options.seed}"]
    return lines if options.model_configured else [*lines, *(f"rlhfstress: {line}" for line in NO_MODEL)]


def ignores(config: pytest.Config, path: Path, otherwise: bool | None) -> bool | None:
    """Whether collection passes ``path`` by: what uses no selected suite, else as ``otherwise`` says."""
    run = _run(config)
    if run is None or run.selection is None:
        return otherwise
    return run.selection.ignores(path, otherwise)


def suite_module(path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """The module of a suite's own specs, named ``SUITE/FILE`` wherever the suite lies."""
    run = _run(parent.config)
    suite = run.selection.owner(path) if run is not None and run.selection is not None else None
    if suite is None:
        return None
    return pytest.Module.from_parent(parent, path=path, nodeid=f"{suite.name}/{path.name}")


def collect_report(report: pytest.CollectReport, collector: pytest.Collector) -> pytest.CollectReport:
    """Remember a UserError raised while a spec was imported, with the line of the user's that raised it."""
    call = getattr(report, "call", None)
    error = getattr(getattr(call, "excinfo", None), "value", None)
    if isinstance(error, UserError):
        import traceback

        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(collector.path)]
        where = f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
        report.longrepr = f"{where}{error}"
        collector.config.stash[MISTAKES].append(f"{where}{error}")
    return report


def stop_on_mistakes(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End with a usage error where specs asked for what their suites do not have, or options name what is not there."""
    if hasattr(config, "workerinput"):
        return
    mistakes = config.stash[MISTAKES]
    if not mistakes and any("model_under_test" in getattr(item, "fixturenames", ()) for item in items):
        try:
            _check_names(current(config))
        except UserError as error:
            mistakes.append(str(error))
    if mistakes:
        raise pytest.UsageError(*mistakes)


def split(metafunc: pytest.Metafunc) -> None:
    """Make several tests of a spec that draws cases, where --rlhf-streams asks for it."""
    wanted = metafunc.config.stash[OPTIONS].streams
    if wanted == 1 or not hasattr(metafunc.function, "hypothesis"):
        return
    from pytest_rlhfstress.running.streams import split, streams

    count = streams(wanted, metafunc.config)
    if count > 1 and _draws_for_the_model(metafunc):
        split(metafunc, count)


def _draws_for_the_model(metafunc: pytest.Metafunc) -> bool:
    return "model_under_test" in metafunc.fixturenames


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave only the selected suites' specs, and set Hypothesis for every spec."""
    run = _run(config)
    selection = run.selection if run is not None else None
    if selection is not None:
        kept = [item for item in items if selection.keeps(item)]
        dropped = [item for item in items if item not in kept]
        if dropped:
            selection.deselected = len(dropped)
            config.hook.pytest_deselected(items=dropped)
            config.stash[GATHERED].deselected.clear()
            items[:] = kept
    # Without Hypothesis imported there can be no spec that draws cases.
    if "hypothesis" not in sys.modules:
        return
    from pytest_rlhfstress.running.engine_settings import adjust
    from pytest_rlhfstress.running.guiding import search_of
    from pytest_rlhfstress.running.selection import request_of_item

    search = search_of(config.stash[OPTIONS], lambda: current(config).reward)
    for item in items:
        request = request_of_item(item) if "pytest_rlhfstress.stress_route" in sys.modules else None
        test = getattr(item, "obj", None)
        if test is not None and (request is not None or _asks_by_its_own_strategies(item)):
            adjust(test, request, search)


def _asks_by_its_own_strategies(item: pytest.Item) -> bool:
    return hasattr(getattr(item, "obj", None), "hypothesis") and "model_under_test" in getattr(item, "fixturenames", ())


@contextmanager
def bound(item: pytest.Function) -> Iterator[None]:
    """The call of a test; of a spec, with its model bound and its body watched."""
    from pytest_rlhfstress.running.run import AUDIT, MODEL, is_spec

    interesting = (
        MODEL in item.fixturenames or AUDIT in item.fixturenames or "pytest_rlhfstress.stress_route" in sys.modules
    )
    if not interesting or not is_spec(item):
        yield
        return
    from pytest_rlhfstress.running.bound_spec import BoundSpec
    from pytest_rlhfstress.running.spec_run import SpecStopped

    spec = BoundSpec(item, current(item.config))
    item.stash[SPEC] = spec
    try:
        with spec.bound():
            yield
    except SpecStopped as stopped:
        pytest.fail(stopped.reason, pytrace=False)
    if spec.spec.stopped is not None:
        # The body caught what was to end it.
        pytest.fail(spec.spec.stopped, pytrace=False)


def report_of(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> pytest.TestReport:
    """The report of a spec's call, with its finding attached and shown."""
    bound_spec = item.stash.get(SPEC, None)
    error = call.excinfo.value if call.excinfo is not None else None
    if call.when != "call":
        if isinstance(error, UserError):
            report.longrepr = str(error)
        return report
    if bound_spec is None:
        return report
    if isinstance(error, pytest.skip.Exception | KeyboardInterrupt):
        return report
    from pytest_rlhfstress.running.reporting import attach, finding_of

    options, baseline = item.config.stash[OPTIONS], item.config.stash[BASELINE]
    finding = finding_of(bound_spec, error)
    attach(report, finding, options.verbosity)
    # pytest writes the properties of the teardown's report, which it copies from the item.
    item.user_properties[:] = report.user_properties
    if baseline is not None:
        from pytest_rlhfstress.running.report_files import expect_known_failure

        expect_known_failure(report, finding, baseline, options)
    return report
