"""Writes measured parts into docs/zoo.md and its like, each between its own two comments."""

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def write_part(name, lines, page="zoo.md"):
    """Replace what stands between ``<!-- measured: name -->`` and the next ``<!-- end -->``."""
    file = DOCS / page
    text_before = file.read_text("utf-8")
    pattern = rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)"
    text = "\n".join(lines) + "\n"
    new, count = re.subn(pattern, lambda m: m[1] + text + m[2], text_before, flags=re.DOTALL)
    if not count:
        raise SystemExit(f"docs/{page} has no part <!-- measured: {name} -->")
    file.write_text(new, "utf-8")
