"""One clinic: its assistant, reward model and preference data, trained when first asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, cached_property
from importlib import resources

import numpy as np

from pytest_rlhfstress.clinic.assistant import ClinicAssistant, ClinicPolicy
from pytest_rlhfstress.clinic.further_pairs import digest_of, read_pairs
from pytest_rlhfstress.clinic.messages import message_features
from pytest_rlhfstress.clinic.reward import ClinicReward
from pytest_rlhfstress.clinic.specs import ClinicSpec, read_spec
from pytest_rlhfstress.clinic.training import Trained, train
from pytest_rlhfstress.clinic.votes import ClinicVotes

SEED = 1


class Clinic:
    """What ``clinic_for`` returns. Its parts are made when first asked for; the siblings of a spec share them."""

    def __init__(self, name: str, spec: ClinicSpec) -> None:
        self.name = name
        self.beta = spec.beta
        self._covered = spec.covered
        self._also = spec.also
        self._digest_of_also = digest_of(spec.also)

    @property
    def trained(self) -> Trained:
        """The weights and comparisons; training takes about a second, once per process."""
        return trained(self._covered, self._also, self._digest_of_also)

    @cached_property
    def assistant(self) -> ClinicAssistant:
        """The assistant, a function of messages."""
        return ClinicAssistant(self.name, self._identity(f"assistant beta={self.beta!r}"), self.policy(self.beta))

    @cached_property
    def reward(self) -> ClinicReward:
        """The reward ensemble the assistant was tuned against."""
        return ClinicReward(self.name, self._identity("reward"), lambda: self.trained)

    @cached_property
    def preferences(self) -> ClinicVotes:
        """The votes the reward ensemble was trained on."""
        return ClinicVotes(self.name, lambda: self.trained)

    def policy(self, beta: float) -> ClinicPolicy:
        """The exact KL-regularised policy at ``beta``; infinite for the reference."""
        return ClinicPolicy(self.trained, beta)

    def candidate_rewards(self, texts: Sequence[str]) -> np.ndarray:
        """Centred rewards of the 24 candidates for each message, shape (n, members, 24)."""
        return self.trained.centred(message_features(texts))

    def _identity(self, part: str) -> str:
        return f"clinic#{_digest(f'{part} covered={self._covered} also={self._digest_of_also} seed={SEED}')}"


@cache
def clinic_for(spec: str) -> Clinic:
    """The clinic that ``spec`` names: ``clinic``, ``clinic:beta=0.1``, ``clinic:reference``, ``clinic:covered``,
    ``clinic:also=PAIRS.jsonl``.

    Raises UserError for anything else, with the nearest name and what to write.
    """
    return Clinic(spec, read_spec(spec))


@cache
def trained(covered: bool, also: tuple[str, ...] = (), digest: str = "") -> Trained:
    """The training at its one fixed seed, once for each recipe and content (``digest``) of the files ``also``."""
    return train(SEED, covered, read_pairs(also))


@cache
def _sources() -> bytes:
    folders = [resources.files("pytest_rlhfstress.clinic"), resources.files("pytest_rlhfstress.clinic.texts")]
    files = sorted((f for folder in folders for f in folder.iterdir() if f.is_file()), key=lambda f: f.name)
    return b"\0".join(f.name.encode() + f.read_bytes() for f in files if f.name.endswith((".py", ".yaml")))


def _digest(what: str) -> str:
    return hashlib.sha256(_sources() + what.encode()).hexdigest()[:16]
