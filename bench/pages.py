"""Writes what was measured into docs/, each table between its own two comments."""

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
PERFORMANCE = "performance.md"
ROBUSTNESS = "robustness.md"
LOAD = os.getloadavg()[0]
"""Of the minute before the measuring began."""


def write_part(name: str, lines: Sequence[str], page: str = "zoo.md") -> None:
    """Replace what stands between ``<!-- measured: name -->`` and the next ``<!-- end -->``."""
    file = DOCS / page
    pattern = rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)"
    text = "\n".join(lines) + "\n"
    new, count = re.subn(pattern, lambda m: m[1] + text + m[2], file.read_text("utf-8"), flags=re.DOTALL)
    if not count:
        raise SystemExit(f"docs/{page} has no part <!-- measured: {name} -->")
    file.write_text(new, "utf-8")


def table(page: str, name: str, header: Sequence[str], rows: Sequence[Sequence[object]], note: str = "") -> None:
    """Print a table with what it was measured on, and put it into its part of the page."""
    cells = [header, ["---"] * len(header), *rows]
    lines = ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in cells]
    lines += ["", f"{note} {machine()}".strip()]
    print(f"\n{name}\n" + "\n".join(lines))
    write_part(name, lines, page)


def machine() -> str:
    """The Python and the processors, and their load where something else went on."""
    busy = f"; a load of {LOAD:.1f} before it began" if LOAD > 1 else ""
    return f"(Python {platform.python_version()}, {os.cpu_count()} processors{busy}.)"
