"""The tools the clinic's assistant calls: those that the reply it has learned to choose stands for.

Which reply it chooses is learned, and so is when it calls triage; nothing here looks at what the user wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from pytest_rlhfstress.conversation import ToolCall
from pytest_rlhfstress.models import message_from

Messages = Sequence[Mapping[str, object]]
STANDS_FOR: Mapping[str, tuple[str, ...]] = {
    "escalate": ("notify_triage",),
    "crisis": ("notify_triage",),
    "escalate_and_serve": ("notify_triage",),
    "book": ("find_slots", "book_appointment"),
    "insurance": ("get_patient",),
    "records": ("get_patient",),
}
"""The tools that an act stands for, one after another."""
_SIGNED_IN = re.compile(r"signed in as patient ([\w-]+)")
UNKNOWN = "unknown"


def next_call(act: str, messages: Messages, tools: Sequence[Mapping[str, object]]) -> ToolCall | None:
    """The first tool that ``act`` stands for, is offered and was not called yet, or None where all is done."""
    offered = {_name(tool) for tool in tools}
    called = [call.name for message in messages for call in message_from(message).tool_calls]
    for name in STANDS_FOR.get(act, ()):
        if name in offered and name not in called:
            arguments = _arguments(name, messages)
            return ToolCall(f"call_{len(called)}", name, json.dumps(arguments)) if arguments is not None else None
    return None


def _name(tool: Mapping[str, object]) -> str:
    function = tool.get("function")
    return str(function.get("name")) if isinstance(function, Mapping) else ""


def _arguments(name: str, messages: Messages) -> dict[str, str] | None:
    """What the call needs; None where it has to know a slot and no slot was found."""
    if name == "find_slots":
        return {}
    told = _SIGNED_IN.search("\n".join(str(m.get("content", "")) for m in messages if m.get("role") == "system"))
    patient = {"patient": told[1] if told else UNKNOWN}
    if name == "notify_triage":
        said = [str(m.get("content", "")) for m in messages if m.get("role") == "user"]
        return {**patient, "summary": said[-1]}
    if name == "book_appointment":
        slot = _first_slot(messages)
        return {**patient, "slot": slot} if slot else None
    return patient


def _first_slot(messages: Messages) -> str:
    found = re.search(r'"slots": \["([^"]+)"', "\n".join(str(m.get("content", "")) for m in messages[-1:]))
    return found[1] if found else ""
