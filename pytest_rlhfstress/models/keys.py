"""Keys kept out of what is shown and stored: a provider may repeat, in its own words, the key it was sent."""

from __future__ import annotations

import json
import os

KEYS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""How the names of environment variables end whose values are nobody's business."""
SHORTEST = 8
"""Characters; a shorter value is no key, and would blot out ordinary words."""
HIDDEN = "***"


def without_keys(text: str) -> str:
    """``text`` with every key that stands in the environment made unreadable, as it is or as JSON writes it."""
    for name, value in os.environ.items():
        if name.endswith(KEYS) and len(value) >= SHORTEST:
            for written in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
                text = text.replace(written, HIDDEN)
    return text


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
