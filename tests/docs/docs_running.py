"""Doing what a page shows, in an empty folder, block after block.

- A block with ``title="FILE"`` is written to that file.
- ``console``: every ``$ command`` is run; what is shown beneath must be what it prints. A line ``...`` stands for
  any lines. A command with nothing beneath must succeed.
- ``python`` without a title is run as a script, or by pytest where it holds tests.
- ``yaml`` without a title is a part of a suite: it is laid over the example suite, which must still load.
- ``toml``, ``ini``, ``json`` must parse. ``text`` is prose.
- ``<!-- not run: reason -->`` before a block leaves it out.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from docs_blocks import ROOT, Block

from pytest_rlhfstress.suites import allow, load_suite

HOME = "/home/you/project"
PACKAGE = ".../pytest_rlhfstress"
SHIPPED = f"{PACKAGE}/shipped_suites"
ELISION = "..."
EXAMPLE_SUITE = ROOT / "examples" / "bank_suite"
SECONDS = 240


@dataclass(frozen=True)
class Command:
    """A command of a console block: what the page shows beneath it, and what it really printed."""

    block: Block
    command: str
    shown: list[str]
    printed: list[str]
    status: int

    @property
    def right(self) -> bool:
        if not self.shown:
            return self.status == 0
        return matches([steady(line) for line in self.shown], [steady(line) for line in self.printed])


def run_block(block: Block, folder: Path) -> list[Command]:
    """Do what the block shows, in ``folder``. Raises AssertionError where it does not work."""
    if block.title:
        file = folder / block.title
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.body, "utf-8")
    CHECKS.get(block.language, nothing)(block, folder)
    return list(run_console(block, folder)) if block.language == "console" else []


def nothing(block: Block, folder: Path) -> None:
    assert block.language in ("console", "text", "jinja", "diff"), (
        f"{block.place}: {block.language!r} is checked by nobody"
    )


def check_python(block: Block, folder: Path) -> None:
    code = compile(block.body, block.place, "exec")
    assert code is not None
    if block.title:
        return
    file = folder / f"test_line_{block.line}.py"
    file.write_text(block.body, "utf-8")
    has_tests = re.search(r"^\s*(?:async )?def test_", block.body, re.MULTILINE)
    status, printed = run(f"pytest -q {file.name}" if has_tests else f"python {file.name}", folder)
    file.unlink()
    assert status == 0, f"{block.place}\n" + "\n".join(printed)


def check_yaml(block: Block, folder: Path) -> None:
    part = yaml.safe_load(block.body)
    if block.title:
        return
    suite = folder / f"suite_line_{block.line}"
    shutil.copytree(EXAMPLE_SUITE, suite)
    whole = yaml.safe_load((suite / "suite.yaml").read_text("utf-8"))
    for section, content in part.items():
        here = whole.get(section)
        whole[section] = {**here, **content} if isinstance(here, dict) and isinstance(content, dict) else content
    (suite / "suite.yaml").write_text(yaml.safe_dump(whole, allow_unicode=True), "utf-8")
    # What a page's example names as a judge is not asked when the suite is loaded.
    allow(judged["model"] for signal in part.get("signals", {}).values() if (judged := signal.get("judge")))
    load_suite(suite)
    shutil.rmtree(suite)


def check_ini(block: Block, folder: Path) -> None:
    configparser.ConfigParser(strict=True).read_string(block.body)


CHECKS = {
    "python": check_python,
    "yaml": check_yaml,
    "toml": lambda block, folder: tomllib.loads(block.body),
    "json": lambda block, folder: json.loads(block.body),
    "ini": check_ini,
}


def run_console(block: Block, folder: Path) -> Iterator[Command]:
    for command, shown in commands_of(block):
        status, printed = run(command, folder)
        yield Command(block, command, shown, printed, status)


def commands_of(block: Block) -> Iterator[tuple[str, list[str]]]:
    lines = block.body.rstrip("\n").split("\n")
    assert lines[0].startswith("$ "), f"{block.place}: a console block begins with `$ command`"
    starts = [n for n, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        while lines[start].endswith("\\"):
            lines[start : start + 2] = [f"{lines[start][:-1]}{lines[start + 1].strip()}", ""]
        shown = lines[start + 1 : end]
        while shown and not shown[-1]:
            shown.pop()
        while shown and not shown[0]:
            shown.pop(0)
        yield lines[start].removeprefix("$ "), shown


def run(command: str, folder: Path) -> tuple[int, list[str]]:
    """Exit status and printed lines of a command, as a newcomer with this environment active sees them."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PY_COLORS", "OPENAI", "COV"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**kept, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "HOME": str(folder)}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    printed = done.stdout.replace(str(folder.resolve()), HOME).replace(str(ROOT / "suites"), SHIPPED)
    printed = printed.replace(str(ROOT / "pytest_rlhfstress"), PACKAGE)
    return done.returncode, [line.rstrip() for line in printed.rstrip("\n").split("\n")]


def steady(line: str) -> str:
    """A printed line without what differs between runs and machines: times, measured shares, the width of rules."""
    line = re.sub(r"\d+\.\d+ ?s\b( \(\d+:\d\d:\d\d\))?", "N s", line.rstrip())
    line = re.sub(r"[+-]?\d+\.\d+\b|\d+ %", "N", line)
    return re.sub(r"([=_-])\1{2,}", r"\1\1\1", line)


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether what is shown is what was printed, ``...`` standing for any lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == ELISION else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None
