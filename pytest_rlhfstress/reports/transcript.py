"""A whole dialogue as lines of text: who said what, which tools were called and what they returned."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from pytest_rlhfstress.reports.plain_text import WIDTH, shown

SHORT = 400
_SPEAKERS = {"user": "user", "assistant": "assistant", "tool": "tool"}


def transcript(messages: Sequence[Mapping[str, object]]) -> list[str]:
    """The messages without the system prompt, each bubble headed by its speaker."""
    lines: list[str] = []
    for speaker, text in bubbles(messages):
        label = f"  {speaker:>9} | "
        for number, line in enumerate(_wrapped(shown(text, SHORT), WIDTH - len(label) - 2)):
            lines.append((label if number == 0 else " " * (len(label) - 2) + "| ") + line)
    return lines


def bubbles(messages: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    """Speaker and text of each thing said, called or returned."""
    for message in messages:
        role, content = str(message.get("role")), str(message.get("content") or "")
        if role in _SPEAKERS and content:
            yield _SPEAKERS[role], content
        for name, arguments in calls_of(message):
            yield "calls", f"{name}({arguments})"


def calls_of(message: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Name and arguments of the tools a message calls."""
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, Sequence) else ():
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            yield str(function.get("name")), str(function.get("arguments"))


def _wrapped(text: str, width: int) -> list[str]:
    found = []
    for line in text.splitlines() or [""]:
        found += textwrap.wrap(line, width, break_long_words=True) or [""]
    return found
