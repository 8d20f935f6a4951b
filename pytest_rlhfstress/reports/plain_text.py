"""Text from models and suites made harmless to show: no control sequences, no hidden direction marks."""

from __future__ import annotations

import re
import textwrap
import unicodedata

WIDTH = 100
"""Columns of the terminal's summary and of the failure card."""
KEPT = "\n\t"
SHORTENED = " [... {} characters more]"
JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiners: emoji and Persian need them, and they hide nothing where a browser draws the text."""
# What a CI service would take for an order to itself: ::error, ##[group], ##vso[...], ##teamcity[...].
# Lines are wrapped later, so that any word may come to stand at the head of a line.
_ORDER = re.compile(r"(?<!\S):(?=:)|##(?=(?:vso|teamcity)?\[)")


def shown(text: str, most: int = 2000) -> str:
    """``text`` for a terminal or a log: hidden characters written out, cut after ``most`` characters."""
    return _ORDER.sub(r"\g<0> ", printable(shortened(text, most)))


def printable(text: str, kept: str = KEPT) -> str:
    r"""``text`` with each control, format, private and unpaired character but the ``kept`` written out as ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(c if c in kept or not _hidden(c) else escaped(c) for c in text)


def shortened(text: str, most: int) -> str:
    """``text`` cut after ``most`` characters, with a word on how much is left out."""
    return text if len(text) <= most else text[:most] + SHORTENED.format(len(text) - most)


def _hidden(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    is_noncharacter = ord(character) & 0xFFFE == 0xFFFE
    return is_noncharacter or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def escaped(character: str) -> str:
    r"""A character as ``\x1b`` or ``\u202e``."""
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def wrapped(text: str, indent: str = "", hang: str = "") -> list[str]:
    """``text`` in lines of at most WIDTH columns, each after ``indent``; ``hang`` goes before what a line runs over."""
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        first = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(
            line.lstrip(), WIDTH, initial_indent=indent + first, subsequent_indent=indent + first + hang
        )
    return lines or [indent.rstrip()]
