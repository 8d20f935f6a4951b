"""Options that are answered at once, without running a test: --rlhf-list and --rlhf-new."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.running.extending import take_in


def answer(config: pytest.Config) -> int | None:
    """Print what was asked for and end well, or None where tests are to run. Raises pytest.UsageError for a mistake."""
    option: Callable[[str], object] = config.getoption
    new, wants_list = option("rlhf_new"), option("rlhf_list")
    if new is None and not wants_list:
        return None
    try:
        take_in(config)
        if new is not None:
            from pytest_rlhfstress.running.new_suite import write_new_suite

            _print(write_new_suite(str(new), Path.cwd()))
        if wants_list:
            from pytest_rlhfstress.running.listing import listing

            wanted = option("rlhf_suite")
            names = [str(name) for name in wanted] if isinstance(wanted, list) else []
            _print(list(listing(names, list(dict.fromkeys([config.rootpath, Path.cwd()])))))
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    return int(pytest.ExitCode.OK)


def _print(lines: list[str]) -> None:
    print(*lines, sep="\n")
