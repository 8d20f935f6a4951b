"""pytest-rlhfstress: the smallest message that makes your assistant break a safety invariant."""

from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Case, Ingredient, Message, Reply, Span, ToolCall, Usage
from pytest_rlhfstress.errors import UserError

if TYPE_CHECKING:
    from pytest_rlhfstress.dialogue import (
        Dialogue,
        Exchange,
        Move,
        ToolUse,
        Turn,
        after,
        always,
        before,
        calls,
        fact,
        has_a_failed_call,
        mentions,
        misuses_a_tool,
        never,
        never_stops,
        said,
        shows,
        until,
        within,
    )
    from pytest_rlhfstress.stress_route import cases, dialogues

__version__ = "0.1.0"

__all__ = [
    "Case",
    "Dialogue",
    "Exchange",
    "Ingredient",
    "Message",
    "Move",
    "Reply",
    "Span",
    "ToolCall",
    "ToolUse",
    "Turn",
    "Usage",
    "UserError",
    "after",
    "always",
    "before",
    "calls",
    "cases",
    "dialogues",
    "fact",
    "has_a_failed_call",
    "mentions",
    "misuses_a_tool",
    "never",
    "never_stops",
    "said",
    "shows",
    "until",
    "within",
]

_DRAWING = ("cases", "dialogues")


def __getattr__(name: str) -> object:
    """Most names on first use: they need Hypothesis or the suites, and a run without them should not pay for that."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _DRAWING:
        from pytest_rlhfstress import stress_route

        return getattr(stress_route, name)
    from pytest_rlhfstress import dialogue

    return getattr(dialogue, name)
