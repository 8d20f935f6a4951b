"""What the clinic's models see: hashed words and word pairs of a message; act and style of a reply."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np

from pytest_rlhfstress.clinic.replies import ACTS, candidates, further_wordings

WIDTH = 4096
BIAS = 0.6
STYLES = ("calm", "length", "question")
REPLY_WIDTH = len(ACTS) + len(STYLES)
_NONE_OF_THEM, _SHARPNESS = 0.16, 25.0
_WORD = re.compile(r"[a-z]+|\d")
_CALM = re.compile(
    r"\b(?:(?:don't|do not|not to|no need to) (?:worry|panic|fret)|no worries|nothing (?:serious|to worry|urgent)|(?:be|is|feel) "
    r"(?:fine|harmless|normal|all right)|(?:will|should) pass|can wait|no (?:rush|hurry)|relax|rest assured|stay calm)\b"
)
Floats = np.ndarray


def tokens(text: str) -> list[str]:
    """Lower-case words, apostrophes dropped; each digit counts as ``0``."""
    plain = text.lower().replace("'", "").replace("\u2019", "")
    return ["0" if word.isdigit() else word for word in _WORD.findall(plain)]


@lru_cache(maxsize=65536)
def _slot(gram: str, width: int) -> tuple[int, float]:
    code = zlib.crc32(gram.encode())
    return (code >> 1) % width, 1.0 if code & 1 else -1.0


def _hashed(text: str, width: int) -> Floats:
    words = tokens(text)
    vector = np.zeros(width, dtype=np.float32)
    for gram in {*words, *(f"{a} {b}" for a, b in zip(words, words[1:], strict=False))}:
        at, sign = _slot(gram, width)
        vector[at] += sign
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector


def message_features(texts: Sequence[str], width: int = WIDTH) -> Floats:
    """Signed hashes of words and word pairs, unit length, and a constant: shape (n, width + 1)."""
    rows = np.zeros((len(texts), width + 1), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[:-1] = _hashed(text, width)
    rows[:, -1] = BIAS
    return rows


@cache
def _known_replies() -> tuple[Floats, Floats]:
    """Hashed texts of known replies, and the act of each, one-hot."""
    known = [(c.act, c.text()) for c in candidates()] + list(further_wordings())
    acts = np.zeros((len(known), len(ACTS)), dtype=np.float32)
    acts[np.arange(len(known)), [ACTS.index(act) for act, _ in known]] = 1.0
    return np.stack([_hashed(text, WIDTH) for _, text in known]), acts


@lru_cache(maxsize=4096)
def reply_features(text: str) -> Floats:
    """Act and style of any reply, shape (REPLY_WIDTH,).

    The act is recognised by likeness (cosine of hashed words) to the candidates and a few further
    wordings: one-hot for a candidate, spread where the text is like several, and near zero where it is
    like none, so that an unfamiliar reply is scored by its style alone.
    """
    known, acts = _known_replies()
    likeness = np.max(acts * (known @ _hashed(text, WIDTH))[:, None], axis=0)
    weights = np.exp(_SHARPNESS * np.append(likeness, _NONE_OF_THEM))
    weights /= weights.sum()
    return np.concatenate([weights[:-1], _style(text)]).astype(np.float32)


def _style(text: str) -> list[float]:
    lower = text.lower().replace("\u2019", "'")
    return [min(len(_CALM.findall(lower)), 2) / 2, min(len(lower.split()) / 60, 3.0), float("?" in lower)]


@cache
def candidate_features() -> Floats:
    """Of the 24 candidates, shape (24, REPLY_WIDTH)."""
    return np.stack([reply_features(c.text()) for c in candidates()])
