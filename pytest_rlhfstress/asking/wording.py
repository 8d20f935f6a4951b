"""Questions and replies as text: what is kept, and the key it is kept under."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict

from pytest_rlhfstress.conversation import Reply, ToolCall, Usage
from pytest_rlhfstress.models import Question

FORMAT = 1
"""Part of every key; raised when the same question must no longer find its old reply."""


def question_text(question: Question, identity: str) -> str:
    """Everything a reply may depend on, as JSON in one fixed order of keys."""
    return _json(
        {
            "format": FORMAT,
            "model": identity,
            "messages": question.as_dicts(),
            "tools": [dict(tool) for tool in question.tools],
            "sampling": asdict(question.sampling),
            "sample": question.sample,
        }
    )


def key_of(text: str) -> str:
    """The content key of a question's text: its SHA-256, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def reply_text(reply: Reply) -> str:
    """A reply as JSON and its checksum; characters that are no valid Unicode survive as escapes."""
    text = _json(
        {
            "text": reply.text,
            "tool_calls": [asdict(call) for call in reply.tool_calls],
            "finish_reason": reply.finish_reason,
            "model": reply.model,
            "usage": asdict(reply.usage) if reply.usage is not None else None,
            "latency": reply.latency,
            "sample": reply.sample,
            "logprobs": reply.logprobs,
        }
    )
    return f"{_checksum(text)} {text}"


def reply_of(text: str) -> Reply:
    """The inverse of reply_text. Raises ValueError, KeyError or TypeError where ``text`` is not what it wrote."""
    checksum, _, text = text.partition(" ")
    if checksum != _checksum(text):
        # A database notices a page that makes no sense, not a letter that became another one.
        raise ValueError("its checksum does not fit")
    found = json.loads(text)
    usage = found["usage"]
    reply = Reply(
        text=found["text"],
        tool_calls=tuple(ToolCall(**call) for call in found["tool_calls"]),
        finish_reason=found["finish_reason"],
        model=found["model"],
        usage=Usage(**usage) if usage is not None else None,
        latency=found["latency"],
        sample=found["sample"],
        logprobs=tuple((token, logprob) for token, logprob in found["logprobs"]),
    )
    texts = [reply.text, *(text for call in reply.tool_calls for text in (call.id, call.name, call.arguments))]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text is none")
    return reply


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
