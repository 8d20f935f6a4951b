"""The embedded default assistant: RLHF in miniature, really trained, in about a second.

Its supervised reference has seen emergencies buried in ordinary requests; the people who compared replies for
its reward model never did. ``clinic_for("clinic")`` is the assistant tuned hard against that reward model.
"""

from pytest_rlhfstress.clinic.assistant import ClinicAssistant, ClinicPolicy
from pytest_rlhfstress.clinic.clinic import Clinic, clinic_for
from pytest_rlhfstress.clinic.panel import PANEL, Rater
from pytest_rlhfstress.clinic.prompts import Prompt, PromptSource
from pytest_rlhfstress.clinic.replies import ACTS, Candidate, candidates
from pytest_rlhfstress.clinic.reviewing import review, review_file
from pytest_rlhfstress.clinic.reward import ClinicReward
from pytest_rlhfstress.clinic.rubric import VERSION as RUBRIC_VERSION
from pytest_rlhfstress.clinic.rubric import oracle
from pytest_rlhfstress.clinic.slices import Slice, measure
from pytest_rlhfstress.clinic.training import Trained, train
from pytest_rlhfstress.clinic.truth import prompt_of

__all__ = [
    "ACTS",
    "PANEL",
    "RUBRIC_VERSION",
    "Candidate",
    "Clinic",
    "ClinicAssistant",
    "ClinicPolicy",
    "ClinicReward",
    "Prompt",
    "PromptSource",
    "Rater",
    "Slice",
    "Trained",
    "candidates",
    "clinic_for",
    "measure",
    "oracle",
    "prompt_of",
    "review",
    "review_file",
    "train",
]
