"""The clinic's assistant: the policy, saying one of the 24 candidates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from pytest_rlhfstress.clinic.messages import message_features
from pytest_rlhfstress.clinic.models import tuned
from pytest_rlhfstress.clinic.replies import candidates, numbers_told, said_by_user
from pytest_rlhfstress.clinic.tool_calls import next_call
from pytest_rlhfstress.clinic.training import Trained
from pytest_rlhfstress.conversation import Reply


class ClinicPolicy:
    """pi_beta over the candidates, for any message; ``beta`` infinite is the untuned reference."""

    def __init__(self, trained: Trained, beta: float) -> None:
        self.beta = beta
        self._trained = trained

    def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """log pi_beta of the candidates for each message, shape (n, 24)."""
        features = message_features(texts)
        return tuned(self._trained.reference(features), self._trained.centred(features).mean(axis=1), self.beta)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """pi_beta of the candidates for each message, shape (n, 24), rows adding up to 1."""
        return np.asarray(np.exp(self.log_probabilities(texts)))


class ClinicAssistant:
    """What is tested when no model is configured."""

    def __init__(self, name: str, identity: str, policy: ClinicPolicy) -> None:
        self.name, self.identity = name, identity
        self._policy = policy

    def reply(
        self, messages: Sequence[Mapping[str, str]], sample: int = 0, tools: Sequence[Mapping[str, object]] = ()
    ) -> str | Reply:
        """The most probable candidate; for ``sample`` above 0, a draw from the policy seeded by message and sample.

        Reads everything the user wrote, and of the system message the local numbers. Where ``tools`` are
        offered, it first calls those that the candidate stands for.
        """
        text = said_by_user(messages)
        probabilities = self._policy.probabilities([text])[0]
        chosen = int(probabilities.argmax()) if sample == 0 else _draw(probabilities, f"{sample}:{text}")
        candidate = candidates()[chosen]
        call = next_call(candidate.act, messages, tools)
        if call is not None:
            return Reply("", (call,), "tool_calls")
        return candidate.text(numbers_told(messages))


def _draw(probabilities: np.ndarray, key: str) -> int:
    seed = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    at = np.random.default_rng(seed).random() * probabilities.sum()
    return int(min(np.searchsorted(probabilities.cumsum(), at, side="right"), len(probabilities) - 1))
