"""The one Run of a pytest session, kept in pytest's stash and made when something first needs it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_rlhfstress.running.stash import OPTIONS, RUN

if TYPE_CHECKING:
    from pytest_rlhfstress.running.run import Run


def current(config: pytest.Config) -> Run:
    """The session's run. Raises UserError where a selected suite cannot be read."""
    if RUN not in config.stash:
        config.stash[RUN] = _new_run(config)
    return config.stash[RUN]


def _new_run(config: pytest.Config) -> Run:
    from pytest_rlhfstress.running.run import Run
    from pytest_rlhfstress.running.selection import Selection

    options = config.stash[OPTIONS]
    selection = None
    if options.selecting:
        from pytest_rlhfstress.suites import load_suite
        from pytest_rlhfstress.suites.places import remember

        suites = [load_suite(name, (options.rootdir,)) for name in options.suites]
        for suite in suites:
            remember(suite.name, suite.folder)
        places = [config.invocation_params.dir / arg.split("::")[0] for arg in config.args]
        selection = Selection(suites, (options.rootdir,), config.getini("python_files"), places)
        folders = [str(f) for f in selection.folders if str(f) not in config.args]
        config.args[:] = [*config.args, *folders]
    return Run(options, selection, _store_path(config))


def _store_path(config: pytest.Config) -> Path | None:
    cache = getattr(config, "cache", None)
    if cache is None:
        return None
    folder: Path = cache.mkdir("rlhfstress")
    # Where pytest's cache may not be written, the store says so when it is opened.
    with suppress(OSError):
        folder.chmod(0o700)
    return folder / "replies.sqlite"
