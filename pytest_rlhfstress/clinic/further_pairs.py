"""Preference pairs from elsewhere, such as the plugin's own export, in the shape the clinic's training takes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pytest_rlhfstress.clinic.features import reply_features
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences import PreferencePair, open_preferences


def read_pairs(files: Sequence[str]) -> tuple[PreferencePair, ...]:
    """Every pair of the files; a run without failures exports an empty one. Raises UserError for anything else."""
    filled = [file for file in files if Path(file).stat().st_size]
    return tuple(pair for file in filled for pair in open_preferences(file).pairs())


def digest_of(files: Sequence[str]) -> str:
    """Changes with any byte of the files; "" for none. Raises UserError where one cannot be read."""
    try:
        return " ".join(hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16] for file in files)
    except OSError as error:
        raise UserError(f"the preference pairs {error.filename} cannot be read: {error.strerror}") from None


def asked_in(pair: PreferencePair) -> str:
    """Everything the user wrote, as the clinic's models read it."""
    return "\n".join(message.content for message in pair.prompt if message.role == "user")


def compared(pairs: Sequence[PreferencePair], k: int) -> tuple[np.ndarray, np.ndarray]:
    """Differences d(chosen) - d(rejected) (n, k, f) and shares of the votes for chosen (n, k), each pair k times."""
    differences = np.stack([reply_features(pair.chosen) - reply_features(pair.rejected) for pair in pairs])
    shares = np.array([_share(pair) for pair in pairs], dtype=np.float32)
    return np.repeat(differences[:, None, :], k, axis=1), np.repeat(shares[:, None], k, axis=1)


def _share(pair: PreferencePair) -> float:
    cast = [vote.choice for vote in pair.all_votes if vote.choice != "abstain"]
    return (cast.count("chosen") + cast.count("tie") / 2) / len(cast) if cast else 0.5
