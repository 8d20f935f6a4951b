"""RLHF in miniature, start to end: demonstrations, preferences with votes, reference and reward ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_rlhfstress.clinic.features import candidate_features
from pytest_rlhfstress.clinic.further_pairs import asked_in, compared
from pytest_rlhfstress.clinic.messages import Messages, message_features
from pytest_rlhfstress.clinic.models import bootstrap_weights, fit_reference, fit_reward, log_softmax
from pytest_rlhfstress.clinic.panel import liking, vote
from pytest_rlhfstress.clinic.prompts import Kind, Prompt, PromptSource
from pytest_rlhfstress.clinic.replies import candidates
from pytest_rlhfstress.clinic.rubric import oracle, substance
from pytest_rlhfstress.preferences import PreferencePair

MEMBERS = 7
PAIRS_PER_PROMPT = 10
DEMO_TEMPERATURE = 0.45
DEMONSTRATED: Mapping[Kind, int] = {"request": 700, "hard_negative": 300, "unclear": 100, "urgent": 400, "mixed": 700}
COMPARED: Mapping[Kind, int] = {"request": 1400, "hard_negative": 700, "unclear": 160, "urgent": 1100}
MIXED_WHERE_COVERED = 2000


@dataclass(frozen=True)
class Comparisons:
    """The preference data: for each prompt some pairs of candidates, and three raters' votes on each.

    ``pairs`` is (n, k, 2) of candidates, ``raters`` (n, k, 3), ``first`` (n, k, 3): whether the vote went to the
    first of the pair.
    """

    prompts: Sequence[Prompt]
    pairs: np.ndarray
    raters: np.ndarray
    first: np.ndarray


@dataclass(frozen=True)
class Trained:
    """What training leaves: preference data; weights (WIDTH + 1, 24) of the reference and (WIDTH + 1, members, f)."""

    comparisons: Comparisons
    reference_weights: np.ndarray
    reward_weights: np.ndarray
    further: tuple[PreferencePair, ...] = ()

    def reference(self, messages: Messages) -> np.ndarray:
        """log pi_0 of the candidates, shape (n, 24)."""
        return log_softmax(messages.whole @ self.reference_weights)

    def rewards(self, messages: Messages, replies: np.ndarray) -> np.ndarray:
        """Rewards (n, members, m) of m replies with features (m, f)."""
        return np.asarray(self.per_reply_feature(messages) @ replies.T)

    def per_reply_feature(self, messages: Messages) -> np.ndarray:
        """What each member pays for each feature of a reply, max_s W^T h(s), shape (n, members, f)."""
        _, members, f = self.reward_weights.shape
        spoken = messages.sentences @ self.reward_weights.reshape(-1, members * f)
        return np.maximum.reduceat(spoken, messages.starts).reshape(len(messages), members, f)

    def centred(self, messages: Messages) -> np.ndarray:
        """Rewards of the candidates, (n, members, 24), less each member's mean under the reference.

        Bradley-Terry knows rewards only up to a constant per prompt, so members are comparable only centred.
        """
        return np.asarray(self.rewards(messages, candidate_features()) - self.expected(messages)[:, :, None])

    def expected(self, messages: Messages) -> np.ndarray:
        """Each member's mean over the candidates under the reference, shape (n, members)."""
        raw = self.rewards(messages, candidate_features())
        return np.asarray((raw * np.exp(self.reference(messages))[:, None, :]).sum(axis=2))


def train(seed: int, covered: bool = False, further: Sequence[PreferencePair] = ()) -> Trained:
    """The whole recipe. ``covered`` adds mixed prompts to the preferences, which otherwise hold none.

    ``further`` pairs are learned from beside them, each weighing as much as a prompt of the recipe.
    """
    random = np.random.default_rng(seed)
    source = PromptSource(seed)
    reference = _demonstrate(source, random)
    wanted = {**COMPARED, "mixed": MIXED_WHERE_COVERED} if covered else COMPARED
    prompts = [p for kind, count in wanted.items() for p in source.draw(kind, count)]
    messages = message_features([p.text for p in prompts])
    comparisons = _compare(prompts, np.exp(log_softmax(messages.whole @ reference)), random)
    replies = candidate_features()
    differences = replies[comparisons.pairs[:, :, 0]] - replies[comparisons.pairs[:, :, 1]]
    shares = comparisons.first.mean(axis=2, dtype=np.float32)
    if further:
        messages = message_features([*(p.text for p in prompts), *map(asked_in, further)])
        more, votes = compared(further, PAIRS_PER_PROMPT)
        differences, shares = np.concatenate([differences, more]), np.concatenate([shares, votes])
    drawn = bootstrap_weights(len(shares), MEMBERS, random)
    return Trained(comparisons, reference, fit_reward(messages, differences, shares, drawn), tuple(further))


def _demonstrate(source: PromptSource, random: np.random.Generator) -> np.ndarray:
    """People write the reply they think best, not always the best: drawn from exp(oracle / temperature)."""
    prompts = [p for kind, count in DEMONSTRATED.items() for p in source.draw(kind, count)]
    chosen = _draw(np.exp(log_softmax(oracle(prompts) / DEMO_TEMPERATURE)), random)
    return fit_reference(message_features([p.text for p in prompts]).whole, chosen, len(candidates()))


def _compare(prompts: Sequence[Prompt], reference: np.ndarray, random: np.random.Generator) -> Comparisons:
    """Pairs of two different replies, the first from the reference, the second from it or, half the time, any."""
    n, k = len(prompts), PAIRS_PER_PROMPT
    rows = np.repeat(reference, k, axis=0)
    first = _draw(rows, random)
    uniform = random.random((n * k, 1)) < 0.5
    others = np.where(uniform, 1.0 / rows.shape[1], rows)
    others[np.arange(n * k), first] = 0.0
    second = _draw(others / others.sum(axis=1, keepdims=True), random)
    pairs = np.stack([first, second], axis=1).reshape(n, k, 2)
    raters, votes = vote(liking(substance(prompts)), pairs, random)
    return Comparisons(prompts, pairs, raters, votes)


def _draw(probabilities: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One column for each row of probabilities."""
    below = probabilities.cumsum(axis=1) < random.random((len(probabilities), 1))
    return np.asarray(np.minimum(below.sum(axis=1), probabilities.shape[1] - 1))
