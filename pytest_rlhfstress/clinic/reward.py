"""The clinic's reward model: the Bradley-Terry ensemble, scoring any reply to any conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pytest_rlhfstress.clinic.features import reply_features
from pytest_rlhfstress.clinic.messages import message_features
from pytest_rlhfstress.clinic.replies import said_by_user
from pytest_rlhfstress.clinic.training import MEMBERS, Trained


class ClinicReward:
    """Seven bootstrap members d(y)^T max_s W h(s), each less its mean over the candidates under the reference.

    h(s) are the sentences the user wrote, as hashed words. d(y) is the reply's act and style: of a candidate exactly
    its act, of any other reply the acts its words are like, of a reply like none only its style.
    """

    def __init__(self, name: str, identity: str, trained: Callable[[], Trained]) -> None:
        """``trained`` is called when the first reply is scored."""
        self.name, self.identity = name, identity
        self._trained = trained

    def score(self, items: Sequence[tuple[Sequence[Mapping[str, str]], str]]) -> np.ndarray:
        """Rewards of shape (len(items), 7)."""
        if not items:
            return np.zeros((0, MEMBERS))
        messages = message_features([said_by_user(conversation) for conversation, _ in items])
        replies = np.stack([reply_features(reply) for _, reply in items])
        trained = self._trained()
        raw = (trained.per_reply_feature(messages) * replies[:, None, :]).sum(axis=2)
        return np.asarray(raw - trained.expected(messages), dtype=float)
