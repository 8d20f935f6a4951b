"""Keys kept out of what is shown and stored: a provider may repeat, in its own words, the key it was sent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

KEYS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""How the names of environment variables end whose values are nobody's business."""
SHORTEST = 8
"""Characters; a shorter value is no key, and would blot out ordinary words."""
HIDDEN = "***"


def without_keys(text: str) -> str:
    """``text`` with every key that stands in the environment made unreadable, as it is or as JSON writes it."""
    return key_hider()(text)


def key_hider() -> Callable[[str], str]:
    """``without_keys`` for many texts: the environment is looked through once."""
    keys = [value for name, value in os.environ.items() if name.endswith(KEYS) and len(value) >= SHORTEST]
    written = [w for key in keys for w in (key, json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1])]

    def hide(text: str) -> str:
        for key in written:
            text = text.replace(key, HIDDEN)
        return text

    return hide


def json_without_keys(text: str) -> str:
    """The same for JSON, whose escapes may write a key in many ways. What has no key in it stays as it is."""
    text = without_keys(text)
    if "\\" not in text:
        return text
    try:
        plain = json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    hidden = without_keys(plain)
    return text if hidden == plain else hidden
