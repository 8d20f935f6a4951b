"""Keys kept out of what is shown and stored: a provider may repeat, in its own words, the key it was sent."""

from __future__ import annotations

import os

KEYS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""How the names of environment variables end whose values are nobody's business."""
SHORTEST = 8
"""Characters; a shorter value is no key, and would blot out ordinary words."""
HIDDEN = "***"


def without_keys(text: str) -> str:
    """``text`` with every key that stands in the environment made unreadable."""
    for name, value in os.environ.items():
        if name.endswith(KEYS) and len(value) >= SHORTEST and value in text:
            text = text.replace(value, HIDDEN)
    return text
