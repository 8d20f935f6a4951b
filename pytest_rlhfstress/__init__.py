"""pytest-rlhfstress: the smallest message that makes your assistant break a safety invariant."""

from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Case, Ingredient, Message, Reply, Span, ToolCall, Usage
from pytest_rlhfstress.errors import UserError

if TYPE_CHECKING:
    from pytest_rlhfstress.stress_route import cases

__version__ = "0.1.0"

__all__ = [
    "Case",
    "Ingredient",
    "Message",
    "Reply",
    "Span",
    "ToolCall",
    "Usage",
    "UserError",
    "cases",
]


def __getattr__(name: str) -> object:
    """``cases`` on first use: it needs Hypothesis, and a run without it should not pay for that."""
    if name == "cases":
        from pytest_rlhfstress.stress_route import cases

        return cases
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
