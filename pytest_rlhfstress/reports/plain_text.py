"""Text from models and suites made harmless to show: no control sequences, no hidden direction marks."""

from __future__ import annotations

import unicodedata

KEPT = "\n\t"
SHORTENED = " [... {} characters more]"


def shown(text: str, most: int = 2000) -> str:
    """``text`` with control and format characters written out, cut after ``most`` characters."""
    cut = text if len(text) <= most else text[:most] + SHORTENED.format(len(text) - most)
    return "".join(
        c if c in KEPT or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") else escaped(c) for c in cut
    )


def escaped(character: str) -> str:
    r"""A character as ``\x1b`` or ``\u202e``."""
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
