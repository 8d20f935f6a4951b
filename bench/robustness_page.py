"""Write a table between its markers in docs/robustness.md."""

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "robustness.md"


def table(name: str, head: Sequence[str], rows: Sequence[Sequence[object]], note: str) -> None:
    """Print the table, and put it in the place of the one called ``name``."""
    lines = [head, ["---"] * len(head), *rows]
    text = "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
    measured = f"{note} (Python {platform.python_version()}, {os.cpu_count()} processors.)"
    text = f"{text}\n\n{measured}"
    print(text)
    page = PAGE.read_text("utf-8")
    pattern = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(\n<!-- end of {re.escape(name)} -->)", re.DOTALL)
    assert pattern.search(page), f"{PAGE} has no place for {name}"
    PAGE.write_text(pattern.sub(lambda m: f"{m[1]}{text}{m[2]}", page), "utf-8")
