"""Whole dialogues: the user's script, carrying it out with tools, and rules over what came of it."""

from pytest_rlhfstress.dialogue.conversing import MOST_STEPS, Conversing
from pytest_rlhfstress.dialogue.events import (
    Event,
    calls,
    fact,
    has_a_failed_call,
    mentions,
    misuses_a_tool,
    never_stops,
    said,
    shows,
)
from pytest_rlhfstress.dialogue.rules import Judgement, Rule, after, always, before, never, until, within
from pytest_rlhfstress.dialogue.toolsets import OwnTools, SuiteTools, Toolset
from pytest_rlhfstress.dialogue.values import OPENING, Dialogue, Exchange, Move, Step, ToolUse, Turn

__all__ = [
    "MOST_STEPS",
    "OPENING",
    "Conversing",
    "Dialogue",
    "Event",
    "Exchange",
    "Judgement",
    "Move",
    "OwnTools",
    "Rule",
    "Step",
    "SuiteTools",
    "ToolUse",
    "Toolset",
    "Turn",
    "after",
    "always",
    "before",
    "calls",
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
