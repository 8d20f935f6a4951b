"""Runs killed at random moments, again and again on one store: what was lost, what the next run had to ask again.

Run: python bench/kill_rounds.py [rounds] [seed]
A chain of runs shares one store until a run comes to its end by itself; then the next chain begins with an empty one.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path += [str(ROOT / "tests" / "asking"), str(ROOT / "bench")]

from chat_server import ChatServer  # noqa: E402

from pytest_rlhfstress.errors import UserError  # noqa: E402
from pytest_rlhfstress.reports.json_report import read_report  # noqa: E402

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
CONCURRENCY = 8
CASES = 120
PATIENCE = 300.0
"""Seconds after a signal within which a run must have ended, on a machine that may be busy."""
SPEC = """
import pytest
from hypothesis import given
from pytest_rlhfstress import cases

@pytest.fixture(scope="session")
def reward_model():
    return lambda messages, reply: 0.0

@given(case=cases("bank", urgency="fraud"))
def test_it(case, model_under_test):
    assert model_under_test(case).shows("freeze")
"""


@dataclass
class Tally:
    """What happened in all rounds; everything from ``lost`` on must stay 0."""

    rounds: Counter[str] = field(default_factory=Counter)
    kept_when_killed: int = 0
    under_way: int = 0
    requests: int = 0
    asked_again: int = 0
    lost: int = 0
    damaged_stores: int = 0
    torn_reports: int = 0
    false_passes: int = 0
    not_continued: int = 0
    never_ended: int = 0

    @property
    def failures(self) -> int:
        wrong = self.lost + self.damaged_stores + self.torn_reports + self.false_passes
        return wrong + self.not_continued + self.never_ended


class Chain:
    """Runs of one project on one store, until one of them ends by itself."""

    def __init__(self, folder: Path, server: ChatServer, tally: Tally, rng: random.Random) -> None:
        self.folder, self.server, self.tally, self.rng = folder, server, tally, rng
        shutil.copytree(ROOT / "examples" / "bank_suite", folder / "bank", ignore=shutil.ignore_patterns("*.py"))
        (folder / "test_spec.py").write_text(SPEC)
        self.known: set[str] = set()
        self.kills = 0
        server.set(latency=0.03)

    def round(self, longest: float) -> bool:
        """One run, killed or not; whether it came to its end."""
        process = subprocess.Popen(
            self._command(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=_own(),
            preexec_fn=_heed_ctrl_c,
        )
        number = self.rng.choice(SIGNALS)
        try:
            said = process.communicate(timeout=self.rng.uniform(0.2, longest))[0]
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            try:
                said = process.communicate(timeout=PATIENCE)[0]
            except subprocess.TimeoutExpired:
                # With PYTHONFAULTHANDLER it says where it hangs before it dies.
                process.send_signal(signal.SIGABRT)
                print(process.communicate()[0])
                self.tally.never_ended += 1
            self.kills += 1
            self.tally.rounds[number.name] += 1
            ended = False
        else:
            self.tally.rounds["not killed"] += 1
            ended = True
            if process.returncode != 0:
                self.tally.not_continued += 1
                print(said)
        self._check_store(ended)
        self._check_reports(ended)
        return ended

    def close(self) -> None:
        stats = self.server.stats()
        self.tally.requests += stats["requests"]
        self.tally.asked_again += stats["repeated"]
        # More asked again than can have been under way when the runs were killed: replies that arrived were lost.
        self.tally.lost += max(0, stats["repeated"] - self.kills * CONCURRENCY)

    def _command(self) -> list[str]:
        model = self.server.model("green")
        options = [f"--rlhf-cases={CASES}", f"--rlhf-concurrency={CONCURRENCY}", "--rlhf-store=kept.sqlite"]
        reports = ["--rlhf-report=out.json", "--rlhf-report=out.html", "-p", "no:cacheprovider"]
        return [sys.executable, "-m", "pytest", "--rlhf-suite=./bank", f"--rlhf-model={model}", *options, *reports]

    def _check_store(self, ended: bool) -> None:
        file = self.folder / "kept.sqlite"
        if not file.exists() or not file.stat().st_size:
            return
        connection = sqlite3.connect(file)
        try:
            if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                self.tally.damaged_stores += 1
            there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'replies'").fetchone()
            kept = {row[0] for row in connection.execute("SELECT key FROM replies")} if there else set()
        finally:
            connection.close()
        self.tally.lost += len(self.known - kept)
        under_way = self.server.stats()["answered_distinct"] - len(kept)
        if under_way > CONCURRENCY:
            self.tally.lost += under_way - CONCURRENCY
        if not ended:
            self.tally.kept_when_killed += len(kept - self.known)
            self.tally.under_way += max(0, under_way)
        self.known = kept

    def _check_reports(self, ended: bool) -> None:
        file, page = self.folder / "out.json", self.folder / "out.html"
        if file.exists():
            try:
                report = read_report(file)
            except UserError as error:
                self.tally.torn_reports += 1
                print(error)
            else:
                # A run may be killed after its report was written.
                self.tally.false_passes += report.verdict == "PASS" and not report.facts.complete
        if page.exists() and not page.read_text("utf-8").rstrip().endswith("</html>"):
            self.tally.torn_reports += 1


def _heed_ctrl_c() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would the runs started by that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _own() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "GITHUB_"))}
    return {
        **kept,
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": os.pathsep.join(p for p in (str(ROOT), kept.get("PYTHONPATH")) if p),
    }


def play(rounds: int, folder: Path, seed: int, after_each: Callable[[Tally], None] = lambda tally: None) -> Tally:
    """So many runs, most of them killed; the last chain is played to its end."""
    tally, rng, server = Tally(), random.Random(seed), ChatServer()
    chain, played = None, 0
    longest = _seconds_of_a_run(folder / "whole", server)
    try:
        while played < rounds or chain is not None:
            if chain is None:
                (folder / str(played)).mkdir()
                chain = Chain(folder / str(played), server, tally, rng)
            began = time.monotonic()
            ended = chain.round(longest if played < rounds else PATIENCE)
            # What a run takes depends on what else the machine does.
            longest = time.monotonic() - began if ended else longest * 1.1
            played += 1
            if ended:
                chain.close()
                chain = None
                after_each(tally)
    finally:
        server.close()
    return tally


def _seconds_of_a_run(folder: Path, server: ChatServer) -> float:
    """How long a run takes that nobody kills."""
    folder.mkdir()
    began = time.monotonic()
    assert Chain(folder, server, Tally(), random.Random(0)).round(1_000.0)
    return time.monotonic() - began


def write(found: Tally) -> None:
    """The table; written after each chain, since two hundred rounds take long."""
    from pages import ROBUSTNESS, table

    rows = [
        ["runs killed", sum(n for s, n in found.rounds.items() if s.startswith("SIG"))],
        *([f"... by {s.name}", found.rounds[s.name]] for s in SIGNALS),
        ["runs that came to their end", found.rounds["not killed"]],
        ["requests", found.requests],
        ["replies kept by runs that were killed", found.kept_when_killed],
        ["replies the server had sent and that were not kept yet when a run was killed", found.under_way],
        ["requests made again for that", found.asked_again],
        ["**replies lost**", found.lost],
        ["**stores damaged**", found.damaged_stores],
        ["**reports torn**", found.torn_reports],
        ["**verdicts PASS of a run that did not end**", found.false_passes],
        ["**runs that could not go on from the store**", found.not_continued],
        ["**runs that did not end after the signal**", found.never_ended],
    ]
    note = f"Each run asks {CASES} cases, {CONCURRENCY} at a time; the moment of the signal is uniform over a run."
    table(ROBUSTNESS, "kill rounds", ["what", "count"], rows, note)


if __name__ == "__main__":
    count, start = (int(given) for given in (*sys.argv[1:3], *("200", "1")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as name:
        found = play(count, Path(name), start, write)
    sys.exit(found.failures > 0)
