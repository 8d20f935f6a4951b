"""What became of a question that got no reply, and the counts a run shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No reply after every permitted try. The verdict over it is INCONCLUSIVE, never PASS."""

    reason: str


@dataclass
class Counts:
    """``asked``: requests really made, retries included. ``in_flight``: requests under way now."""

    asked: int = 0
    retries: int = 0
    in_flight: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
