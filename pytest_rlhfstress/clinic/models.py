"""The three learned or derived models: the supervised reference, the reward ensemble, the KL-regularised policy."""

from __future__ import annotations

import numpy as np

from pytest_rlhfstress.clinic.messages import WIDTH, Messages, Rows

L2 = 5e-6
RATE = 0.2
STEPS = 35


class _Adam:
    """Adam steps on one array, in place."""

    def __init__(self, weights: np.ndarray, rate: float) -> None:
        self._weights, self._rate, self._step = weights, rate, 0
        self._first, self._second, self._spare = (np.zeros_like(weights) for _ in range(3))

    def step(self, gradient: np.ndarray) -> None:
        """One step down ``gradient``, which is overwritten."""
        self._step += 1
        self._first *= 0.9
        self._first += np.multiply(gradient, 0.1, out=self._spare)
        self._second *= 0.99
        self._second += np.multiply(np.square(gradient, out=gradient), 0.01, out=gradient)
        down = np.sqrt(self._second, out=self._spare)
        down *= 1 / np.sqrt(1 - 0.99**self._step)
        down += 1e-8
        np.divide(self._first, down, out=down)
        down *= self._rate / (1 - 0.9**self._step)
        self._weights -= down


def fit_reference(messages: Rows, chosen: np.ndarray, replies: int) -> np.ndarray:
    """Softmax regression of the demonstrated reply on the message, by maximum likelihood.

    ``chosen`` (n,) of candidates. Returns weights (WIDTH + 1, replies).
    """
    features, used = messages.sparse()
    transposed = features.T.tocsr()
    learned = np.zeros((features.shape[1], replies), dtype=np.float32)
    target = np.eye(replies, dtype=np.float32)[chosen]
    adam = _Adam(learned, RATE)
    for _ in range(STEPS):
        residual = np.exp(log_softmax(features @ learned)) - target
        adam.step(transposed @ residual / len(chosen) + L2 * learned)
    return _on_all_features(learned, used)


def fit_reward(messages: Messages, differences: np.ndarray, shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Bradley-Terry reward models d(y)^T max_s W h(s), one for each column of ``weights``, fitted together.

    h(s) are the sentences of ``messages``: for each feature of a reply, the sentence that speaks most for it counts.
    ``differences`` d(y1) - d(y2) is (n, k, f) for k pairs per prompt; ``shares`` of the votes for the first reply
    (n, k); ``weights`` of the prompts in each bootstrap (n, members). Minimises the cross-entropy of the vote shares.
    Returns W of shape (WIDTH + 1, members, f).
    """
    n, k, f = differences.shape
    members = weights.shape[1]
    features, used = messages.sentences.sparse()
    transposed = features.T.tocsr()
    learned = np.zeros((features.shape[1], members * f), dtype=np.float32)
    adam = _Adam(learned, RATE)
    scale = weights[:, :, None] / (n * k)
    of_message = np.repeat(np.arange(n), np.diff(messages.starts, append=features.shape[0]))
    for _ in range(STEPS):
        spoken = features @ learned
        strongest = np.maximum.reduceat(spoken, messages.starts)
        margins = strongest.reshape(n, members, f) @ differences.transpose(0, 2, 1)
        residual = scale * (sigmoid(margins) - shares[:, None, :])
        owed = (residual @ differences).reshape(n, -1)
        adam.step(transposed @ np.where(spoken == strongest[of_message], owed[of_message], 0) + L2 * learned)
    return _on_all_features(learned, used).reshape(-1, members, f)


def _on_all_features(learned: np.ndarray, used: np.ndarray) -> np.ndarray:
    full = np.zeros((WIDTH + 1, learned.shape[1]), dtype=np.float32)
    full[used] = learned
    return full


def bootstrap_weights(n: int, members: int, random: np.random.Generator) -> np.ndarray:
    """How often each of n prompts was drawn for each member, shape (n, members): whole prompts, with replacement."""
    drawn = random.integers(0, n, size=(members, n))
    return np.stack([np.bincount(row, minlength=n) for row in drawn], axis=1).astype(np.float32)


def tuned(reference: np.ndarray, reward: np.ndarray, beta: float) -> np.ndarray:
    """log pi_beta, pi_beta(y|x) proportional to pi_0(y|x) exp(r(x, y) / beta), along the last axis.

    The exact maximiser of E[r] - beta KL(pi || pi_0). ``reference`` is log pi_0; ``beta`` infinite gives it back.
    """
    behind = (reward - reward.max(axis=-1, keepdims=True)).astype(float)
    with np.errstate(over="ignore"):
        return log_softmax(reference + behind / beta)


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Log-probabilities along the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def sigmoid(margins: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-margins)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * margins)))
