"""Vocabulary to cases: the Hypothesis strategies, the independent sampler, the twins."""

from pytest_rlhfstress.stress_route.composing import SuiteComposer
from pytest_rlhfstress.stress_route.dialogue_composing import DialogueComposer, Drawn
from pytest_rlhfstress.stress_route.drawing import (
    cases,
    dialogues,
    request_of,
    sample_cases,
    sample_drawn,
    stream_seed,
)
from pytest_rlhfstress.stress_route.wanted import Wanted, wanted

__all__ = [
    "DialogueComposer",
    "Drawn",
    "SuiteComposer",
    "Wanted",
    "cases",
    "dialogues",
    "request_of",
    "sample_cases",
    "sample_drawn",
    "stream_seed",
    "wanted",
]
