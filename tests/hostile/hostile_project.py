"""A small project to run pytest in: the bank suite, one assistant for each way of going wrong, specs as written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
BOTS = """
import difflib, os, re, signal

def careful(messages):
    words = re.findall("[a-z]+", messages[-1]["content"].lower())
    if difflib.get_close_matches("essay", words, cutoff=0.78):
        return "Your balance is shown in the app."
    return "I have frozen your account."

def empty(messages):
    return " "

def constant(messages):
    return "I have frozen your account."

constant.identity = "constant"

def crashes(messages):
    os._exit(3)

def leaves(messages):
    os._exit(0)

def interrupts(messages):
    # What a shell starts in the background ignores Ctrl-C, and so does whatever is started by that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.kill(os.getpid(), signal.SIGINT)
    return "I have frozen your account."

def refuses(messages):
    return "Your balance is shown in the app."

def reward(messages, reply):
    return 0.0

def errs(messages):
    raise RuntimeError("the judge is ill")
"""
# The embedded reward model takes seconds to train, and has nothing to say here.
REWARD = (
    "import pytest\n\n@pytest.fixture(scope='session')\ndef reward_model():\n    return lambda messages, reply: 0.0\n"
)


@dataclass(frozen=True)
class Ended:
    """A run that has ended: exit status, what was printed, the JSON report where one was written."""

    status: int
    said: str
    report: dict | None

    def finding(self, name):
        found = [f for f in self.report["findings"] if f["spec"].split("[")[0] == name]
        assert len(found) == 1, [f["spec"] for f in self.report["findings"]]
        return found[0]

    @property
    def warnings(self):
        return "\n".join(self.report["warnings"])


class HostileProject:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bank = folder / "bank"
        shutil.copytree(ROOT / "examples" / "bank_suite", self.bank)
        for spec in self.bank.glob("test_*.py"):
            spec.unlink()
        (folder / "bot.py").write_text(BOTS)
        (folder / "conftest.py").write_text(REWARD)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def command(self, *args, suite="./bank", model="bot:careful", python=()):
        options = [f"--rlhf-suite={suite}", f"--rlhf-model={model}", "--rlhf-cases=60", "--rlhf-report=out.json"]
        return [sys.executable, *python, "-m", "pytest", *options, *args]

    def run(self, *args, **more):
        ended = subprocess.run(
            self.command(*args, **more), cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=600
        )
        file = self.folder / "out.json"
        report = json.loads(file.read_text()) if file.exists() else None
        return Ended(ended.returncode, ended.stdout + ended.stderr, report)


def environment(**more):
    """Of a run of its own: not part of the run the test is in."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "GITHUB_"))}
    return {**kept, **more}
