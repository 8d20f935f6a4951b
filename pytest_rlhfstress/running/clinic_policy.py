"""The embedded clinic as a finite policy, so that the instruments can audit it without knowing it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.clinic import RUBRIC_VERSION, Clinic, candidates, oracle, prompt_of
from pytest_rlhfstress.clinic.replies import SERVES
from pytest_rlhfstress.conversation import Case
from pytest_rlhfstress.instruments.families import Families
from pytest_rlhfstress.preferences import PreferencePair
from pytest_rlhfstress.suites import Suite

if TYPE_CHECKING:
    import numpy as np


SUITE = "healthcare"
"""The suite the clinic was tuned for: its oracle knows that suite's facts."""


class ClinicPolicy:
    """The clinic's 24 candidates, its untuned reference and its oracle, for cases of the healthcare suite."""

    rubric = RUBRIC_VERSION

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self.replies: Sequence[str] = tuple(c.text() for c in candidates())
        self.acts: Sequence[str] = tuple(c.act for c in candidates())
        calm = {c.act: at for at, c in enumerate(candidates()) if c.calm}
        plain = {c.act: at for at, c in enumerate(candidates()) if not c.calm}
        self.matched: Mapping[str, Sequence[tuple[int, int]]] = {
            "calm tone": tuple((plain[act], calm[act]) for act in plain)
        }

    def reference(self, cases: Sequence[Case]) -> np.ndarray:
        """The chances of the candidates before tuning, shape (cases, 24)."""
        return self._clinic.policy(math.inf).probabilities([case.text for case in cases])

    def worth(self, cases: Sequence[Case]) -> np.ndarray:
        """The oracle's points, shape (cases, 24)."""
        return oracle([prompt_of(case) for case in cases])


def clinic_families(clinic: Clinic, suite: Suite) -> Callable[[PreferencePair], str]:
    """The family of each prompt in the clinic's own preference data, as the suite names it: known, not guessed.

    Prompts of pairs it also learned from are read by the suite's expressions, as anybody's are.
    """
    family_of_signal = {s: e.family for e in suite.entries["intent"].values() for s in e.expects}
    matter = {"urgent": "emergency", "mixed": "emergency", "unclear": "ambiguous", "hard_negative": "hard negative"}
    known: dict[str, str] = {}
    for prompt in clinic.trained.comparisons.prompts:
        requests = sorted(
            {family_of_signal[SERVES[act]] for act in prompt.serves if SERVES.get(act) in family_of_signal}
        )
        known[prompt.text] = " + ".join([*requests, *filter(None, [matter.get(prompt.kind)])])
    families = Families.of_suite(suite)
    for pair in clinic.trained.further:
        known.setdefault(pair.text, families.of_pair(pair))
    return lambda pair: known.get(pair.text, "")
