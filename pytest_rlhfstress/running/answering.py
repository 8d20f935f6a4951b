"""Options that are answered at once, without running a test: --rlhf-list and --rlhf-new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.options import errand_from, options_from
from pytest_rlhfstress.running.extending import take_in


def answer(config: pytest.Config) -> int | None:
    """Print what was asked for and end well, or None where tests are to run. Raises pytest.UsageError for a mistake."""
    errand = errand_from(config)
    if errand is None:
        return None
    try:
        if errand.new is not None:
            from pytest_rlhfstress.running.new_suite import write_new_suite

            _print(write_new_suite(errand.new, Path.cwd()))
        if errand.lists:
            _print(_listing(config, errand.listed))
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    return int(pytest.ExitCode.OK)


def _listing(config: pytest.Config, wanted: Sequence[str]) -> Iterable[str]:
    from pytest_rlhfstress.running.listing import listing
    from pytest_rlhfstress.suites import allow

    options = options_from(config)
    take_in(config)
    allow(options.allowed)
    return listing(wanted, list(dict.fromkeys([options.rootdir, Path.cwd()])))


def _print(lines: Iterable[str]) -> None:
    print(*lines, sep="\n")
