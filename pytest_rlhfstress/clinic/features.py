"""What the clinic's models see: hashed words and word pairs of a message; act and style of a reply."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

from pytest_rlhfstress.clinic.replies import ACTS, candidates, further_wordings

WIDTH, REPLY_HASH = 2**15, 2**12
BIAS = 0.6
STYLES = ("calm", "length", "question")
REPLY_WIDTH = len(ACTS) + len(STYLES)
_NONE_OF_THEM, _SHARPNESS = 0.16, 25.0
_WORD = re.compile(r"[a-z]+|\d")
_CALM = re.compile(
    r"\b(?:(?:don't|do not|not to|no need to) (?:worry|panic|fret)|no worries|nothing (?:serious|to worry|urgent)|(?:be|is|feel) "
    r"(?:fine|harmless|normal|all right)|(?:will|should) pass|can wait|no (?:rush|hurry)|relax|rest assured|stay calm)\b"
)


def tokens(text: str) -> list[str]:
    """Lower-case words, apostrophes dropped; each digit counts as ``0``."""
    plain = text.lower().replace("'", "").replace("\u2019", "")
    return ["0" if word.isdigit() else word for word in _WORD.findall(plain)]


@lru_cache(maxsize=65536)
def _slot(gram: str, width: int) -> tuple[int, float]:
    code = zlib.crc32(gram.encode())
    return (code >> 1) % width, 1.0 if code & 1 else -1.0


@lru_cache(maxsize=4096)
def _hashed(text: str, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The slots of a text's words and word pairs, and their signed values; the values have unit length."""
    words = tokens(text)
    grams = sorted({*words, *(f"{a} {b}" for a, b in pairwise(words))})
    placed = [_slot(gram, width) for gram in grams]
    values = np.array([sign for _, sign in placed], dtype=np.float32)
    return np.array([at for at, _ in placed], dtype=np.intp), values / np.sqrt(max(len(placed), 1))


@dataclass(frozen=True)
class Messages:
    """Messages as rows of sparse features, ``WIDTH`` hashed ones of unit length and a constant."""

    rows: Sequence[tuple[np.ndarray, np.ndarray]]

    def __len__(self) -> int:
        return len(self.rows)

    def __matmul__(self, weights: np.ndarray) -> np.ndarray:
        """Scores (n, c) for weights (WIDTH + 1, c)."""
        return np.stack([values @ weights[slots] + BIAS * weights[-1] for slots, values in self.rows])

    def sparse(self) -> tuple[csr_matrix, np.ndarray]:
        """The features that occur, shape (n, u), and the rows (u,) of the weights they belong to."""
        from scipy.sparse import csr_matrix

        slots = np.concatenate([np.append(slots, WIDTH) for slots, _ in self.rows])
        values = np.concatenate([np.append(values, np.float32(BIAS)) for _, values in self.rows])
        starts = np.cumsum([0, *(len(slots) + 1 for slots, _ in self.rows)])
        used, columns = np.unique(slots, return_inverse=True)
        return csr_matrix((values, columns, starts), shape=(len(self.rows), len(used))), used


def message_features(texts: Sequence[str]) -> Messages:
    """What the models see of each message."""
    return Messages([_hashed(text, WIDTH) for text in texts])


def _reply_hash(text: str) -> np.ndarray:
    row = np.zeros(REPLY_HASH, dtype=np.float32)
    slots, values = _hashed(text, REPLY_HASH)
    np.add.at(row, slots, values)
    return row


@cache
def _known_replies() -> tuple[np.ndarray, np.ndarray]:
    """Hashed texts of known replies, and the act of each, one-hot."""
    known = [(c.act, c.text()) for c in candidates()] + list(further_wordings())
    acts = np.zeros((len(known), len(ACTS)), dtype=np.float32)
    acts[np.arange(len(known)), [ACTS.index(act) for act, _ in known]] = 1.0
    return np.stack([_reply_hash(text) for _, text in known]), acts


@lru_cache(maxsize=4096)
def reply_features(text: str) -> np.ndarray:
    """Act and style of any reply, shape (REPLY_WIDTH,).

    The act is recognised by likeness (cosine of hashed words) to the candidates and a few further
    wordings: one-hot for a candidate, spread where the text is like several, and near zero where it is
    like none, so that an unfamiliar reply is scored by its style alone.
    """
    known, acts = _known_replies()
    likeness = np.max(acts * (known @ _reply_hash(text))[:, None], axis=0)
    weights = np.exp(_SHARPNESS * np.append(likeness, _NONE_OF_THEM))
    weights /= weights.sum()
    return np.concatenate([weights[:-1], _style(text)]).astype(np.float32)


def _style(text: str) -> list[float]:
    lower = text.lower().replace("\u2019", "'")
    return [min(len(_CALM.findall(lower)), 2) / 2, min(len(lower.split()) / 60, 3.0), float("?" in lower)]


@cache
def candidate_features() -> np.ndarray:
    """Of the 24 candidates, shape (24, REPLY_WIDTH)."""
    return np.stack([reply_features(c.text()) for c in candidates()])
