"""What the clinic's models see of a message: hashed words, as a whole and sentence by sentence."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

WIDTH = 2**15
BIAS = 0.6
BEGINNING = 5
_WORD = re.compile(r"[^\W\d_]+|\d")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+|[\"\u201c\u201d\u00ab\u00bb]")
Row = tuple[np.ndarray, np.ndarray]


def tokens(text: str) -> list[str]:
    """Lower-case words, apostrophes dropped; each digit counts as ``0``."""
    plain = text.lower().replace("'", "").replace("\u2019", "")
    return ["0" if word.isdigit() else word for word in _WORD.findall(plain)]


@lru_cache(maxsize=8192)
def hashed(text: str, width: int = WIDTH) -> Row:
    """The slots of a text's grams and their signed values, of unit length together. Sentences come again and again."""
    placed = [(*_slot(gram, width), weight) for gram, weight in sorted(_grams(text).items())]
    values = np.array([sign * weight for _, sign, weight in placed], dtype=np.float32)
    norm = float(np.linalg.norm(values))
    return np.array([at for at, _, _ in placed], dtype=np.intp), values / norm if norm else values


def _grams(text: str) -> dict[str, float]:
    """Words, beginnings of longer words, and pairs of words at half the weight."""
    words = tokens(text)
    pairs = {f"{a} {b}": 0.5 for a, b in pairwise(words)}
    return pairs | {f"{w[:BEGINNING]}*": 1.0 for w in words if len(w) > BEGINNING} | dict.fromkeys(words, 1.0)


@lru_cache(maxsize=16384)
def _slot(gram: str, width: int) -> tuple[int, float]:
    code = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
    return (code >> 1) % width, 1.0 if code & 1 else -1.0


@dataclass(frozen=True)
class Rows:
    """Texts as sparse features: ``WIDTH`` hashed ones and a constant."""

    rows: Sequence[Row]

    def __matmul__(self, weights: np.ndarray) -> np.ndarray:
        """Scores (n, c) for weights (WIDTH + 1, c)."""
        return np.stack([values @ weights[slots] + BIAS * weights[-1] for slots, values in self.rows])

    def sparse(self) -> tuple[csr_matrix, np.ndarray]:
        """The features that occur more than once, shape (n, u), and the rows (u,) of the weights they belong to."""
        from scipy.sparse import csr_matrix

        slots = np.concatenate([np.append(slots, WIDTH) for slots, _ in self.rows])
        values = np.concatenate([np.append(values, np.float32(BIAS)) for _, values in self.rows])
        starts = np.cumsum([0, *(len(slots) + 1 for slots, _ in self.rows)])
        used, columns, counts = np.unique(slots, return_inverse=True, return_counts=True)
        kept = np.flatnonzero(counts > 1)
        return csr_matrix((values, columns, starts), shape=(len(self.rows), len(used)))[:, kept], used[kept]


@dataclass(frozen=True)
class Messages:
    """Messages as wholes and as their sentences; message i has the sentences from ``starts[i]`` to the next start."""

    whole: Rows
    sentences: Rows
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)


def message_features(texts: Sequence[str]) -> Messages:
    """What the models see of each message."""
    parts = [[s for s in _SENTENCE_END.split(text) if s.strip()] or [""] for text in texts]
    starts = np.cumsum([0, *map(len, parts)])[:-1]
    return Messages(
        Rows([hashed(text) for text in texts]), Rows([hashed(s) for sentences in parts for s in sentences]), starts
    )
