"""How people type: in one breath, in abbreviations, with slips of the finger, with stretched vowels."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_SHORT = {
    "you": "u", "your": "ur", "are": "r", "please": "pls", "and": "n", "to": "2", "for": "4", "because": "cuz",
    "tomorrow": "tmr", "thanks": "thx", "appointment": "appt", "what": "wat", "why": "y", "with": "w", "see": "c",
    "today": "2day", "know": "kno", "right": "rite", "about": "abt", "really": "rly",
}  # fmt: skip


def typed(text: str, random: Random) -> str:
    """The text as somebody types it who takes no care."""
    habit = random.choice(_HABITS)
    return habit(text, random)


def _in_one_breath(text: str, random: Random) -> str:
    return " ".join(re.sub(r"[.,!?;:]", " ", text).split()).lower()


def _abbreviated(text: str, random: Random) -> str:
    return re.sub(r"[A-Za-z]+", lambda word: _SHORT.get(word[0].lower(), word[0]), text).lower()


def _with_slips(text: str, random: Random) -> str:
    return re.sub(r"[A-Za-z]{5,}", lambda word: _slip(word[0], random), text)


def _slip(word: str, random: Random) -> str:
    if random.random() > 0.35:
        return word
    at = random.randrange(1, len(word) - 1)
    return random.choice(
        (
            word[:at] + word[at + 1 :],
            word[: at + 1] + word[at:],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
        )
    )


def _stretched(text: str, random: Random) -> str:
    return re.sub(r"[aeiou](?=[a-z])", lambda vowel: vowel[0] * (3 if random.random() < 0.12 else 1), text)


_HABITS: tuple[Callable[[str, Random], str], ...] = (_in_one_breath, _abbreviated, _with_slips, _stretched)
