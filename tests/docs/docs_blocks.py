"""The code blocks of a Markdown page."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+)(?P<language>[\w-]*)(?P<rest>[^`]*)$")
TITLE = re.compile(r'title="([^"]+)"')
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")


@dataclass(frozen=True)
class Block:
    """One fenced block. ``line`` counts from 1 and is that of its first line of content."""

    page: Path
    line: int
    indent: str
    language: str
    title: str
    body: str
    not_run: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    lines = page.read_text("utf-8").splitlines()
    found: list[Block] = []
    at = 0
    while at < len(lines):
        opening = FENCE.match(lines[at])
        if opening is None:
            at += 1
            continue
        end = next(n for n in range(at + 1, len(lines)) if lines[n].strip() == opening["ticks"])
        before = next((line for line in reversed(lines[:at]) if line.strip()), "")
        reason = NOT_RUN.search(before)
        title = TITLE.search(opening["rest"])
        body = textwrap.dedent("\n".join(lines[at + 1 : end])) + "\n"
        found.append(
            Block(
                page,
                at + 2,
                opening["indent"],
                opening["language"],
                title[1] if title else "",
                body,
                reason[1] if reason else "",
            )
        )
        at = end + 1
    return found
