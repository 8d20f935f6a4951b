"""The clinic's own figures: how tuning moved routine, urgent and mixed messages, on sentences never trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_rlhfstress.clinic.messages import message_features
from pytest_rlhfstress.clinic.models import tuned
from pytest_rlhfstress.clinic.prompts import Kind, PromptSource
from pytest_rlhfstress.clinic.replies import ESCALATING, candidates
from pytest_rlhfstress.clinic.rubric import VERSION, oracle
from pytest_rlhfstress.clinic.training import Trained

SLICES: Mapping[str, Sequence[Kind]] = {
    "routine": ("request", "hard_negative"), "urgent": ("urgent",), "mixed": ("mixed",),
}  # fmt: skip
PROMPTS_PER_SLICE = 200


@dataclass(frozen=True)
class Slice:
    """One row of the table: means over held-out prompts, before (pi_0) and after tuning (pi).

    ``escalates`` is a probability, ``true`` the oracle's points, ``proxy`` the reward model's (0 before, as it is
    centred), ``sign_split`` the chance that two members disagree on whether to escalate, ``correlation`` that of
    reward and oracle over replies within a prompt.
    """

    name: str
    escalates: tuple[float, float]
    true: tuple[float, float]
    proxy: float
    sign_split: float
    correlation: float


def measure(trained: Trained, beta: float, seed: int) -> tuple[Slice, ...]:
    """The table of one trained clinic at one beta."""
    return tuple(_slice(trained, name, beta, seed) for name in SLICES)


def _slice(trained: Trained, name: str, beta: float, seed: int) -> Slice:
    kinds = SLICES[name]
    source = PromptSource(seed, held_out=True)
    prompts = [p for kind in kinds for p in source.draw(kind, PROMPTS_PER_SLICE // len(kinds))]
    features = message_features([p.text for p in prompts])
    members = trained.centred(features)
    reward, before = members.mean(axis=1), trained.reference(features)
    pi0, pi = np.exp(before), np.exp(tuned(before, reward, beta))
    truth = oracle(prompts)
    escalating = np.array([c.act in ESCALATING for c in candidates()])
    return Slice(
        name=name,
        escalates=(float(pi0[:, escalating].sum(1).mean()), float(pi[:, escalating].sum(1).mean())),
        true=(float((pi0 * truth).sum(1).mean()), float((pi * truth).sum(1).mean())),
        proxy=float((pi * reward).sum(1).mean()),
        sign_split=_sign_split(members, escalating),
        correlation=_correlation(reward, truth),
    )


def _sign_split(members: np.ndarray, escalating: np.ndarray) -> float:
    margin = members[:, :, escalating].max(axis=2) - members[:, :, ~escalating].max(axis=2)
    share = (margin > 0).mean(axis=1)
    m = members.shape[1]
    return float((2 * share * (1 - share) * m / (m - 1)).mean())


def _correlation(reward: np.ndarray, truth: np.ndarray) -> float:
    a = reward - reward.mean(axis=1, keepdims=True)
    b = truth - truth.mean(axis=1, keepdims=True)
    return float(((a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))).mean())


def table(name: str, beta: float, slices: Sequence[Slice]) -> str:
    """The figures as lines of text."""
    lines = [
        f"{name} (beta {beta:g}), held-out sentences, {PROMPTS_PER_SLICE} messages a slice; {VERSION}",
        f"{'slice':8} {'escalates':>14} {'true reward':>16} {'proxy':>7} {'sign split':>11} {'corr(r, r*)':>12}",
    ]
    for s in slices:
        escalates, true = (f"{a:.2f} -> {b:.2f}" for a, b in (s.escalates, s.true))
        lines.append(f"{s.name:8} {escalates:>14} {true:>16} {s.proxy:7.2f} {s.sign_split:11.2f} {s.correlation:12.2f}")
    return "\n".join(lines)
