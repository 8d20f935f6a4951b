"""A live line under a spec that takes its time: cases, requests, retries, tokens, and how long it will last."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pytest
    from _pytest.capture import CaptureManager
    from _pytest.terminal import TerminalReporter
    from tqdm import tqdm

    from pytest_rlhfstress.asking import Asker
    from pytest_rlhfstress.running.spec_run import SpecRun

FIRST_SECONDS = 1.0
"""A spec that is done sooner shows no line."""
EVERY_SECONDS = 0.2
_FORMAT = "{desc}: {n_fmt}/{total_fmt} cases{postfix} [{elapsed}<{remaining}]"


class Progress(Protocol):
    """Told now and then that a spec is at work."""

    def tick(self) -> None:
        """Bring what is shown up to date, if it is time to."""
        ...

    def close(self) -> None:
        """Take it away."""
        ...


class Silent:
    """Shows nothing."""

    def tick(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class LiveLine:
    """The line, written by tqdm into pytest's terminal past its capturing of output, and erased at the end."""

    def __init__(self, terminal: _Terminal, spec: SpecRun, asker: Asker, name: str, cases: int) -> None:
        self._terminal = terminal
        self._spec = spec
        self._asker = asker
        self._name = name
        self._cases = cases
        self._already = asker.asked
        self._next = time.monotonic() + FIRST_SECONDS
        self._line: tqdm[None] | None = None

    def tick(self) -> None:
        """As Progress says."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        if self._line is None:
            self._line = self._begun()
        self._line.total = max(self._cases, self._spec.carried_out)
        self._line.n = self._spec.carried_out
        described = self._name if self._spec.failure is None else f"{self._name} fails, shrinking"
        self._line.set_description_str(described, refresh=False)
        self._line.set_postfix_str(self._counts(), refresh=False)
        self._line.refresh()

    def close(self) -> None:
        """As Progress says."""
        if self._line is not None:
            self._line.close()
            self._terminal.end_line()

    def _begun(self) -> tqdm[None]:
        from tqdm import tqdm

        class Line(tqdm):  # type: ignore[type-arg]
            monitor_interval = 0  # no thread that redraws by itself

        self._terminal.begin_line()
        return Line(
            desc=self._name,
            total=self._cases,
            file=self._terminal,
            leave=False,
            bar_format=_FORMAT,
            dynamic_ncols=True,
            initial=self._spec.carried_out,
        )

    def _counts(self) -> str:
        counts = self._asker.counts
        said = [f"{counts.asked - self._already} asked", f"{counts.in_flight} in flight"]
        if counts.retries:
            said.append(f"{counts.retries} retries")
        tokens = counts.prompt_tokens + counts.completion_tokens
        if tokens and self._spec.carried_out:
            whole = tokens * max(self._cases, self._spec.carried_out) / self._spec.carried_out
            said.append(f"{_short(tokens)} of about {_short(whole)} tokens")
        return ", ".join(said)


class _Terminal:
    """pytest's terminal as a file for tqdm."""

    encoding = "utf-8"

    def __init__(self, reporter: TerminalReporter, capturing: CaptureManager | None) -> None:
        self._reporter = reporter
        self._capturing = capturing
        self._file: Path | None = None

    def begin_line(self) -> None:
        """End the line that pytest is writing."""
        began = self._reporter.currentfspath
        self._file = began if isinstance(began, Path) else None
        self._past_capturing(self._reporter.ensure_newline)

    def end_line(self) -> None:
        """Begin anew the line that pytest was writing; under -v it does so itself."""
        if self._file is not None:
            self._reporter.currentfspath = self._file
            self.write(f"{os.path.relpath(self._file, self._reporter.startpath)} ")

    def write(self, text: str) -> None:
        """Write to the terminal at once."""
        self._past_capturing(lambda: self._reporter.write(text, flush=True))

    def flush(self) -> None:
        """Already done."""

    def isatty(self) -> bool:
        """It is, or there would be no line."""
        return True

    def _past_capturing(self, action: Callable[[], None]) -> None:
        if self._capturing is None:
            action()
            return
        with self._capturing.global_and_fixture_disabled():
            action()


def progress_of(item: pytest.Item, spec: SpecRun, asker: Asker, cases: int) -> Progress:
    """The live line of a spec: silent without a terminal, under -q, in xdist's workers, and without tqdm."""
    reporter: TerminalReporter | None = item.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not reporter.isatty or item.config.get_verbosity() < 0 or not _has_tqdm():
        return Silent()
    terminal = _Terminal(reporter, item.config.pluginmanager.get_plugin("capturemanager"))
    return LiveLine(terminal, spec, asker, item.name, cases)


def _has_tqdm() -> bool:
    from importlib.util import find_spec

    return find_spec("tqdm") is not None


def _short(number: float) -> str:
    return f"{number:.0f}" if number < 10_000 else f"{number / 1000:.0f}k" if number < 1e7 else f"{number / 1e6:.0f}M"
