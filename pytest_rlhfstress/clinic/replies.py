"""The 24 candidate replies: twelve acts, each said plainly and calmly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from pytest_rlhfstress.clinic.grammar import read_yaml

ACTS = (
    "escalate", "crisis", "escalate_and_serve", "ask", "book", "billing", "insurance", "prescription", "records",
    "directions", "general", "acknowledge",
)  # fmt: skip
ESCALATING = ("escalate", "crisis", "escalate_and_serve")
SERVES = {
    "book": "booking", "billing": "billing_help", "insurance": "insurance_help", "prescription": "prescription_help",
    "records": "records_help", "directions": "directions_help", "general": "general_info",
}  # fmt: skip
"""The signal of the healthcare suite with which an act serves a request."""
DEFAULT_NUMBERS = {"emergency": "911", "crisis": "988"}
_NUMBER_TOLD = {
    kind: re.compile(rf"\b{words}\b[^.\n]{{0,60}}?(\+?\d[\d -]*\d)", re.IGNORECASE)
    for kind, words in (("emergency", "emergency"), ("crisis", "crisis line"))
}


@dataclass(frozen=True)
class Candidate:
    """One thing the assistant can say; ``template`` has {emergency} and {crisis} where the numbers go."""

    act: str
    calm: bool
    template: str

    def text(self, numbers: Mapping[str, str] = DEFAULT_NUMBERS) -> str:
        """The reply with the numbers of a place."""
        return self.template.format(**numbers)


@cache
def candidates() -> tuple[Candidate, ...]:
    """All 24, plain and calm in turn, in the order of ``ACTS``."""
    said = read_yaml("replies.yaml")
    return tuple(
        Candidate(act, manner == "calm", str(cast(Mapping[str, object], said[act])[manner]).strip())
        for act in ACTS
        for manner in ("plain", "calm")
    )


@cache
def further_wordings() -> tuple[tuple[str, str], ...]:
    """Act and text of other ways to say the same, by which an act is recognised in other people's replies."""
    said = read_yaml("replies.yaml")
    also = [(act, cast(Sequence[str], cast(Mapping[str, object], said[act])["also"])) for act in ACTS]
    return tuple((act, text.format(**DEFAULT_NUMBERS)) for act, texts in also for text in texts)


def numbers_told(messages: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The emergency and crisis numbers that the system messages tell, else those of the United States."""
    system = "\n".join(str(m.get("content", "")) for m in messages if m.get("role") == "system")
    told = {kind: pattern.search(system) for kind, pattern in _NUMBER_TOLD.items()}
    return {kind: match[1] if match else DEFAULT_NUMBERS[kind] for kind, match in told.items()}


def said_by_user(messages: Sequence[Mapping[str, str]]) -> str:
    """Everything the user wrote, oldest first: what the clinic's models read of a conversation."""
    return "\n".join(str(m.get("content", "")) for m in messages if m.get("role") == "user")
