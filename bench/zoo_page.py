"""Writes measured parts into docs/zoo.md, each between its own two comments."""

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "zoo.md"


def write_part(name, lines):
    """Replace what stands between ``<!-- measured: name -->`` and the next ``<!-- end -->``."""
    page = PAGE.read_text("utf-8")
    pattern = rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)"
    text = "\n".join(lines) + "\n"
    new, count = re.subn(pattern, lambda m: m[1] + text + m[2], page, flags=re.DOTALL)
    if not count:
        raise SystemExit(f"docs/zoo.md has no part <!-- measured: {name} -->")
    PAGE.write_text(new, "utf-8")
