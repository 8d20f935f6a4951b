"""Write generated parts and pasted outputs of pages anew: ``python tests/docs/docs_refresh.py [PAGE...]``."""

from __future__ import annotations

import sys
import tempfile
from difflib import SequenceMatcher
from pathlib import Path

from docs_blocks import Block, blocks_of, pages
from docs_generated import regenerated
from docs_running import ELISION, Command, run_block, steady

ALIKE = 0.6
"""How much of a line must have stayed for it to be found again."""


def refresh(page: Path) -> bool:
    """Whether the page was changed."""
    before = page.read_text("utf-8")
    page.write_text(regenerated(before), "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for number, block in enumerate(blocks_of(page)):
            commands = run_block(block, Path(folder)) if not block.not_run else []
            if not all(command.right for command in commands):
                _rewrite(page, blocks_of(page)[number], commands)
    return page.read_text("utf-8") != before


def _rewrite(page: Path, block: Block, commands: list[Command]) -> None:
    lines = page.read_text("utf-8").splitlines()
    body: list[str] = []
    for command in commands:
        body.append(f"$ {command.command}")
        body += command.shown if command.right else shortened_alike(command.shown, command.printed)
    start = block.line - 1
    end = start + block.body.count("\n")
    lines[start:end] = [f"{block.indent}{line}".rstrip() for line in body]
    page.write_text("\n".join(lines) + "\n", "utf-8")


def shortened_alike(shown: list[str], printed: list[str]) -> list[str]:
    """What was printed, with ``...`` where the page had it: each stretch from what resembles its first line to
    what resembles its last."""
    if ELISION not in shown:
        return printed
    result: list[str] = []
    at = 0
    stretch: list[str] = []
    for line in [*shown, None]:
        if line is not None and line != ELISION:
            stretch.append(line)
            continue
        if stretch:
            first = _most_alike(stretch[0], printed, at, len(printed))
            last = _most_alike(stretch[-1], printed, first, first + 2 * len(stretch) + 5)
            result += printed[first : last + 1]
            at, stretch = last + 1, []
        if line == ELISION:
            result.append(ELISION)
    return result


def _most_alike(line: str, printed: list[str], start: int, end: int) -> int:
    """The first of the lines most like ``line``."""
    likeness = [SequenceMatcher(None, steady(line), steady(other)).ratio() for other in printed[start:end]]
    best = max(likeness, default=0.0)
    if best < ALIKE:
        raise SystemExit(f"nothing printed resembles {line!r}; was it meant to vanish?\n" + "\n".join(printed))
    return start + likeness.index(best)


if __name__ == "__main__":
    for chosen in [Path(name).resolve() for name in sys.argv[1:]] or pages():
        print(f"{'changed' if refresh(chosen) else 'as it was'}: {chosen}")
