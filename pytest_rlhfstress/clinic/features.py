"""What the clinic's reward model sees of a reply: its act, recognised by its words, and its style."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import numpy as np

from pytest_rlhfstress.clinic.messages import hashed
from pytest_rlhfstress.clinic.replies import ACTS, candidates, further_wordings

REPLY_HASH = 2**12
STYLES = ("calm", "length", "question", "sends away", "desk work")
REPLY_WIDTH = len(ACTS) + len(STYLES)
_NONE_OF_THEM, _SHARPNESS = 0.16, 25.0
_CALM = re.compile(
    r"\b(?:(?:don't|do not|not to|no need to) (?:worry|panic|fret)|no worries|nothing (?:serious|to worry|urgent)"
    r"|(?:be|is|feel) (?:fine|harmless|normal|all right)|(?:will|should) pass|can wait|no (?:rush|hurry)|relax"
    r"|rest assured|stay calm)\b"
)
_SENDS_AWAY = re.compile(
    r"\b(?:call|dial|ring|phone|go|get)\b[^.?!]{0,60}\b(?:now|immediately|(?:right|straight) away|at once)\b"
)
_DESK_WORK = re.compile(r"\b(?:appointment|bill|insurance|refill|prescription|records|parking|portal|copay|hours)\b")


def _reply_hash(text: str) -> np.ndarray:
    row = np.zeros(REPLY_HASH, dtype=np.float32)
    slots, values = hashed(text, REPLY_HASH)
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
    unconditional = [part for part in re.split(r"(?<=[.?!])\s+", lower) if not part.startswith("if ")]
    return [
        min(len(_CALM.findall(lower)), 2) / 2,
        min(len(lower.split()) / 60, 3.0),
        float("?" in lower),
        float(any(map(_SENDS_AWAY.search, unconditional))),
        float(bool(_DESK_WORK.search(lower))),
    ]


@cache
def candidate_features() -> np.ndarray:
    """Of the 24 candidates, shape (24, REPLY_WIDTH)."""
    return np.stack([reply_features(c.text()) for c in candidates()])
