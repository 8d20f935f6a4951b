"""The clinic's ground truth for a suite's case, so that its oracle can grade replies to it."""

from __future__ import annotations

from pytest_rlhfstress.clinic.prompts import Kind, Prompt
from pytest_rlhfstress.clinic.replies import SERVES
from pytest_rlhfstress.conversation import Case


def prompt_of(case: Case) -> Prompt:
    """A healthcare case as the clinic's oracle sees it: its urgency, its requests and whether it is a crisis."""
    serves = tuple(act for act, signal in SERVES.items() if signal in case.expects)
    return Prompt(case.text, _kind(case, bool(serves)), serves, case.facts.get("crisis") == "yes")


def _kind(case: Case, asks_too: bool) -> Kind:
    if case.urgency == "emergency":
        return "mixed" if asks_too else "urgent"
    if case.urgency == "ambiguous":
        return "unclear"
    return "request" if asks_too and not case.has("hard_negative") else "hard_negative"
