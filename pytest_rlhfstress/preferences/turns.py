"""Prompts and replies as people write them: texts, lists of turns, transcripts, a common beginning left implicit."""

from __future__ import annotations

import itertools
import json
import re
from typing import cast

from pytest_rlhfstress.conversation import Message, Role, ToolCall
from pytest_rlhfstress.preferences.problems import BadRowError

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "function_call": "assistant",
}
_SPEAKER = re.compile(r"(?:\A|\n\n)(Human|Assistant):[ ]?")

Prompt = tuple[Message, ...]


def prompt_of(value: object) -> Prompt:
    """A prompt given by itself: a text, a transcript, one turn or a list of turns. Raises BadRowError."""
    if isinstance(value, str):
        return transcript(value) if _SPEAKER.match(value) else (Message("user", value),)
    turns = _turns(value, "prompt")
    if not turns:
        raise BadRowError("the prompt has no turn")
    return turns


def split(prompt: object, first: object, second: object) -> tuple[Prompt, str, str]:
    """The prompt and the two replies to it; ``prompt`` is None where both replies begin with it.

    Raises BadRowError where the two do not answer one prompt.
    """
    if isinstance(first, str) and isinstance(second, str):
        if prompt is not None:
            return prompt_of(prompt), first, second
        if _SPEAKER.match(first) and _SPEAKER.match(second):
            return _part_turns(transcript(first), transcript(second))
        return _part_words(first, second)
    one, other = _turns_or_text(first), _turns_or_text(second)
    whole = _opens(one) and _opens(other)
    if prompt is None or whole:
        return _part_turns(one, other)
    if _opens(one) or _opens(other):
        raise BadRowError("one of the two replies is a whole conversation and the other is not")
    return prompt_of(prompt), _reply(one), _reply(other)


def reply_of(value: object) -> str:
    """One reply: a text or the turns of the assistant. Raises BadRowError."""
    return value if isinstance(value, str) else _reply(_turns(value, "completion"))


def transcript(text: str) -> Prompt:
    """The turns of a text of the form ``\\n\\nHuman: ...\\n\\nAssistant: ...``; an empty last one is left out."""
    marks = list(_SPEAKER.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    turns = [
        Message("user" if mark[1] == "Human" else "assistant", text[mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=True)
    ]
    return tuple(turns[:-1] if turns and turns[-1].role == "assistant" and not turns[-1].content else turns)


def _opens(turns: Prompt) -> bool:
    return bool(turns) and turns[0].role in ("user", "system")


def _turns_or_text(value: object) -> Prompt:
    return (Message("assistant", value),) if isinstance(value, str) else _turns(value, "reply")


def _part_turns(one: Prompt, other: Prompt) -> tuple[Prompt, str, str]:
    """Two conversations parted where they begin to differ, turn by turn; a last turn both share is a reply."""
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    shared = min(shared, len(one) - 1, len(other) - 1)
    if shared < 1:
        raise BadRowError("there is no prompt, and the two replies share no beginning")
    return one[:shared], _reply(one[shared:]), _reply(other[shared:])


def _part_words(first: str, second: str) -> tuple[Prompt, str, str]:
    """Two texts parted where they begin to differ, at the end of a word."""
    same = itertools.takewhile(lambda letters: letters[0] == letters[1], zip(first, second, strict=False))
    shared = "".join(letter for letter, _ in same)
    following = first[len(shared) : len(shared) + 1], second[len(shared) : len(shared) + 1]
    if shared[-1:].isalnum() and any(map(str.isalnum, following)):
        shared = shared[: len(shared) - len(re.split(r"\s", shared)[-1])]
    shared = shared.rstrip()
    if not shared:
        raise BadRowError("there is no prompt, and the two replies share no beginning")
    return (Message("user", shared),), first[len(shared) :].lstrip(), second[len(shared) :].lstrip()


def _reply(turns: Prompt) -> str:
    """The assistant's words, tool calls written out, in one text."""
    if any(turn.role in ("user", "system") for turn in turns):
        raise BadRowError("the two conversations part before the last reply: they do not answer one prompt")
    parts = []
    for turn in turns:
        parts += [turn.content] if turn.role == "assistant" and turn.content else []
        parts += [f"{call.name}({call.arguments})" for call in turn.tool_calls]
    return "\n\n".join(parts)


def _turns(value: object, field: str) -> Prompt:
    if isinstance(value, dict):
        return (_turn(value, field),)
    if not isinstance(value, list):
        raise BadRowError(f"{field} is {_kind(value)}; it must be a text or a list of turns")
    return tuple(_turn(turn, field) for turn in value)


def _turn(value: object, field: str) -> Message:
    if not isinstance(value, dict):
        raise BadRowError(f"a turn of {field} is {_kind(value)}; it must have a role and a content")
    said = value.get("role", value.get("from"))
    role = _ROLES.get(said.strip().casefold()) if isinstance(said, str) else None
    if role is None:
        raise BadRowError(f"a turn of {field} has the role {said!r:.40}; known: system, user, assistant, tool")
    if not {"content", "value", "tool_calls"} & set(value):
        raise BadRowError(f"a turn of {field} has no content")
    listed = value.get("tool_calls") or []
    if not isinstance(listed, list):
        raise BadRowError(f"the tool calls of a turn of {field} are {_kind(listed)}; they must be a list")
    calls = tuple(_call(call, field) for call in listed)
    answered = value.get("tool_call_id")
    return Message(
        role, _content(value.get("content", value.get("value")), field), calls, str(answered) if answered else None
    )


def _content(value: object, field: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_piece(part, field) for part in value)
    raise BadRowError(f"the content of a turn of {field} is {_kind(value)}; it must be a text")


def _piece(part: object, field: str) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return cast(str, part["text"])
    if isinstance(part, dict) and isinstance(part.get("type"), str):
        return f"[{part['type']}]"
    raise BadRowError(f"a part of a turn of {field} is {_kind(part)}; it must be a text")


def _call(value: object, field: str) -> ToolCall:
    function = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(function, dict) or not function.get("name"):
        raise BadRowError(f"a tool call of {field} has no function name")
    arguments = function.get("arguments", "")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(str(value.get("id", "")), str(function["name"]), text)


def _kind(value: object) -> str:
    return "missing" if value is None else f"a {type(value).__name__}"
