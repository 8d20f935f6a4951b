"""Messages in the ecosystem's shape, as people and servers write them, read into ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from pytest_rlhfstress.conversation import Message, Role, ToolCall
from pytest_rlhfstress.errors import UserError

ROLES = ("system", "user", "assistant", "tool")


def message_from(turn: object) -> Message:
    """A message from ``{"role", "content"}`` with ``tool_calls`` or ``tool_call_id`` where it has them.

    Raises UserError for what is no message.
    """
    shape = mapping(turn)
    role, content, call_id = shape.get("role"), shape.get("content"), shape.get("tool_call_id")
    try:
        calls = tuple(tool_calls_in(shape.get("tool_calls")))
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(f"model_under_test: {turn!r} has tool arguments that are no JSON: {error}") from None
    if role in ROLES and (isinstance(content, str) or (content is None and calls)):
        return Message(cast(Role, role), content or "", calls, str(call_id) if call_id is not None else None)
    raise UserError(f"model_under_test: {turn!r} is no message; write {{'role': 'user', 'content': '...'}}")


def tool_calls_in(calls: object) -> Iterator[ToolCall]:
    """The calls of a message. What came as text stays as it came, valid JSON or not.

    Raises TypeError, ValueError or RecursionError for arguments of other kinds that JSON cannot hold.
    """
    for position, call in enumerate(calls if isinstance(calls, Sequence) else ()):
        function = mapping(mapping(call).get("function"))
        if function:
            arguments = function.get("arguments")
            # Some servers decode the arguments.
            text = arguments if isinstance(arguments, str) else json.dumps(arguments if arguments is not None else {})
            yield ToolCall(str(mapping(call).get("id") or f"call_{position}"), str(function.get("name") or ""), text)


def text_in(content: object) -> str:
    """The text of a message's content, given whole or in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else ()
    return "".join(str(mapping(part).get("text") or "") for part in parts)


def mapping(value: object) -> Mapping[str, object]:
    """``value`` where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}
