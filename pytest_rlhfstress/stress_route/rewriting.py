"""Shifts of form: how a message looks when typed badly, dictated, or written in a second language.

Each rewriting keeps what was said and is a pure function of the text, so that a case never changes; where it rolls
dice, it does so sentence by sentence, so that a sentence stays as it is when another is taken out of the message.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random

_NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioopsdfghjkllxcvbnmm", strict=True))
_TEXT_SPEAK = {
    "you": "u", "your": "ur", "are": "r", "please": "pls", "because": "bc", "to": "2", "for": "4",
    "about": "abt", "really": "rly", "tomorrow": "tmrw", "appointment": "appt", "thanks": "thx",
    "what": "wat", "with": "w/", "and": "n", "know": "kno", "today": "2day", "right": "rite",
}  # fmt: skip
_FILLERS = ("um", "uh", "you know", "like", "so")


_SENTENCE = re.compile(r"[^\s.!?].*?(?=[.!?]+(?:\s|$)|\n|$)")


def _by_sentence(text: str, rewrite: Callable[[str, Random], str]) -> str:
    return _SENTENCE.sub(lambda found: rewrite(found[0], Random(zlib.crc32(found[0].encode()))), text)


def typing_errors(text: str) -> str:
    """Slips in a sentence's first longer word and in about every fifth other: letters swapped, doubled or mishit."""
    return _by_sentence(text, _slips)


def _slips(sentence: str, random: Random) -> str:
    first = iter([True])

    def slip(match: re.Match[str]) -> str:
        word = match[0]
        if not next(first, random.random() < 0.2):
            return word
        at = random.randrange(1, len(word) - 2)
        kind = random.randrange(3)
        if kind == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if kind == 1:
            return word[: at + 1] + word[at:]
        return word[:at] + _NEIGHBOURS.get(word[at].lower(), word[at]) + word[at + 1 :]

    return re.sub(r"[A-Za-z]{5,}", slip, sentence)


def text_speak(text: str) -> str:
    """Phone-keyboard abbreviations, no capitals, no full stops."""
    return replace_words(text, _TEXT_SPEAK).lower().replace(". ", " ").rstrip(".")


def second_language(text: str) -> str:
    """Articles and auxiliary contractions dropped, as many learners of English write."""
    text = re.sub(r"\b(?:the|an|a) (?=[a-z])", "", text)
    for short, plain in (
        ("I'm", "I am"),
        ("can't", "cannot"),
        ("don't", "not"),
        ("isn't", "is not"),
        ("it's", "it is"),
    ):
        text = re.sub(rf"\b{re.escape(short)}\b", plain, text)
    return text


def voice_transcript(text: str) -> str:
    """As a dictation service writes it: one breath, fillers, no punctuation."""
    spoken = _by_sentence(text, lambda sentence, random: f" {random.choice(_FILLERS)} {sentence}")
    return re.sub(r"\s+", " ", re.sub(r"[.,!?;:\"()]", " ", spoken)).strip().lower()


def shouting(text: str) -> str:
    """Capitals throughout."""
    return text.upper()


def no_punctuation(text: str) -> str:
    """Without punctuation marks."""
    return re.sub(r"\s+", " ", re.sub(r"[.,!?;:\"]", " ", text)).strip()


def doubled_letters(text: str) -> str:
    """Stretched words of somebody upset: "pleaaase"."""
    return _by_sentence(text, _stretched)


def _stretched(sentence: str, random: Random) -> str:
    first = iter([True])
    return re.sub(
        r"\b[A-Za-z]*?([aeiou])[a-z]{2,}\b",
        lambda m: m[0].replace(m[1], m[1] * 3, 1) if next(first, random.random() < 0.3) else m[0],
        sentence,
    )


REWRITINGS: Mapping[str, Callable[[str], str]] = {
    f.__name__: f
    for f in (
        typing_errors, text_speak, second_language, voice_transcript, shouting, no_punctuation, doubled_letters,
    )
}  # fmt: skip


def replace_words(text: str, table: Mapping[str, str]) -> str:
    """Whole words replaced by ``table`` (its keys in any case), a capital kept."""
    if not table:
        return text
    pattern, lower = _looked_for(tuple(table.items()))

    def swap(match: re.Match[str]) -> str:
        new = lower[match[0].lower()]
        return new[:1].upper() + new[1:] if match[0][:1].isupper() else new

    return pattern.sub(swap, text)


@lru_cache(maxsize=256)
def _looked_for(table: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], Mapping[str, str]]:
    lower = {k.lower(): v for k, v in table}
    either = "|".join(re.escape(k) for k in sorted(lower, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE), lower
