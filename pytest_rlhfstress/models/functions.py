"""A model that is somebody's own function: ordinary, async, or taking a whole batch."""

from __future__ import annotations

import functools
import hashlib
import inspect
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from pytest_rlhfstress.conversation import Reply, ToolCall
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.chat_messages import text_in, tool_calls_in
from pytest_rlhfstress.models.faults import TransientFault, transient
from pytest_rlhfstress.models.keys import without_keys
from pytest_rlhfstress.models.question import Question

BATCH = 32
ASYNC_CONCURRENCY = 32
BATCH_PARAMETER = "conversations"
_OPTIONAL = ("sample", "tools")
_PACKAGE = Path(__file__).parent.parent


class FunctionModel:
    """Calls ``function`` with a conversation, or, if its first parameter is ``conversations``, with a list of them.

    Parameters named ``sample`` (int) and ``tools`` (list of mappings) are filled where the function has
    them. The function may carry ``identity`` (str), under which its replies are kept for later runs,
    and ``batch_size`` (int).
    """

    def __init__(self, function: Callable[..., object], name: str = "", identity: str = "") -> None:
        self._function = function
        self.name = name or name_of(function)
        given = identity or str(getattr(function, "identity", "") or "")
        self.persistent = bool(given)
        self.identity = given or f"{self.name}#{source_digest(function)}"
        parameters = parameters_of(function)
        self._takes_batch = bool(parameters) and parameters[0] == BATCH_PARAMETER
        self._wants = [p for p in _OPTIONAL if p in parameters[1:]]
        self.batch = int(getattr(function, "batch_size", BATCH)) if self._takes_batch else 1
        self.blocking = not is_async(function)
        self.concurrency = 1 if self.blocking else ASYNC_CONCURRENCY

    def answer(self, questions: Sequence[Question]) -> Sequence[Reply] | Awaitable[Sequence[Reply]]:
        """The function's replies. Raises UserError naming the function where it misbehaves."""
        return self._answer_now(questions) if self.blocking else self._answer_later(questions)

    def close(self) -> None:
        """Nothing to let go of: the function is its owner's."""

    def _answer_now(self, questions: Sequence[Question]) -> list[Reply]:
        started = time.monotonic()
        try:
            returned = self._function(*self._positional(questions), **self._named(questions))
        except Exception as error:
            raise self._failed(error) from error
        return self._replies(questions, returned, time.monotonic() - started)

    async def _answer_later(self, questions: Sequence[Question]) -> list[Reply]:
        started = time.monotonic()
        try:
            returned = await cast(
                Awaitable[object], self._function(*self._positional(questions), **self._named(questions))
            )
        except Exception as error:
            raise self._failed(error) from error
        return self._replies(questions, returned, time.monotonic() - started)

    def _positional(self, questions: Sequence[Question]) -> tuple[object, ...]:
        conversations = [q.as_dicts() for q in questions]
        return (conversations,) if self._takes_batch else (conversations[0],)

    def _named(self, questions: Sequence[Question]) -> dict[str, object]:
        values: dict[str, list[object]] = {
            "sample": [q.sample for q in questions],
            "tools": [[dict(t) for t in q.tools] for q in questions],
        }
        return {name: values[name] if self._takes_batch else values[name][0] for name in self._wants}

    def _failed(self, error: Exception) -> Exception:
        if isinstance(error, UserError):
            return error
        passing = transient(error)
        if passing is not None:
            return TransientFault(without_keys(passing.reason), passing.retry_after)
        return UserError(f"the model {self.name} raised {where_raised(error, self._function)}")

    def _replies(self, questions: Sequence[Question], returned: object, seconds: float) -> list[Reply]:
        if not self._takes_batch:
            return [self._reply(returned, questions[0], seconds)]
        if isinstance(returned, str | bytes | Mapping) or not isinstance(returned, Sequence):
            raise UserError(
                f"the model {self.name} takes a batch and returned {shown(returned)}; "
                f"return a list of {len(questions)} replies, one for each conversation, in order"
            )
        if len(returned) != len(questions):
            raise UserError(
                f"the model {self.name} was given {len(questions)} conversations and returned {len(returned)} "
                "replies; return one for each, in order"
            )
        return [self._reply(r, q, seconds) for r, q in zip(returned, questions, strict=True)]

    def _reply(self, returned: object, question: Question, seconds: float) -> Reply:
        if isinstance(returned, str):
            # A subclass of str (numpy's, a marked-up one) would not survive being stored.
            return Reply(text=str(returned), model=self.name, latency=seconds, sample=question.sample)
        if isinstance(returned, Reply) and isinstance(returned.text, str):
            return replace(
                returned,
                sample=question.sample,
                latency=returned.latency or seconds,
                model=returned.model or self.name,
            )
        if isinstance(returned, Mapping) and returned.get("role") == "assistant":
            text, calls = self._told(returned)
            finish = "tool_calls" if calls else "stop"
            return Reply(text, calls, finish, self.name, latency=seconds, sample=question.sample)
        raise UserError(f"the model {self.name} returned {shown(returned)}; {_advice(returned)}")

    def _told(self, message: Mapping[object, object]) -> tuple[str, tuple[ToolCall, ...]]:
        """The text and the calls of an assistant's message."""
        content = message.get("content")
        if not _is_content(content):
            raise UserError(
                f"the model {self.name} returned an assistant message whose content is {shown(content)}; "
                "write a str, a list of parts as in [{'type': 'text', 'text': '...'}], or None"
            )
        try:
            return text_in(content), tuple(tool_calls_in(message.get("tool_calls")))
        except (TypeError, ValueError, RecursionError) as error:
            raise UserError(f"the model {self.name} returned tool arguments that are no JSON: {error}") from None


def name_of(function: Callable[..., object]) -> str:
    """``module:qualified_name`` of a callable, or of its class where it is an object."""
    plain = _unwrapped(function)
    named = plain if hasattr(plain, "__qualname__") else type(plain)
    return f"{getattr(named, '__module__', '?')}:{getattr(named, '__qualname__', '?')}"


def _unwrapped(function: Callable[..., object]) -> Callable[..., object]:
    while isinstance(function, functools.partial):
        function = function.func
    return function


def is_async(function: Callable[..., object]) -> bool:
    """Whether calling ``function`` gives something to await."""
    plain = _unwrapped(function)
    return inspect.iscoroutinefunction(plain) or inspect.iscoroutinefunction(getattr(plain, "__call__", None))  # noqa: B004


def parameters_of(function: Callable[..., object]) -> list[str]:
    """The names of its parameters, in order; none where Python cannot tell."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def source_digest(function: Callable[..., object]) -> str:
    """Changes when the file the function stands in changes, so that no stale reply is taken for its own."""
    plain = _unwrapped(function)
    try:
        file = inspect.getsourcefile(plain if hasattr(plain, "__code__") else type(plain))
        content = Path(file).read_bytes() if file else b""
    except (TypeError, OSError):
        content = b""
    return hashlib.sha256(content).hexdigest()[:16]


def shown(value: object) -> str:
    """A value a function returned, with its type, short enough for a message."""
    if value is None:
        return "None"
    text = repr(value)
    return f"{text[:80]}{'...' if len(text) > 80 else ''} ({type(value).__name__})"


def _is_content(value: object) -> bool:
    """Whether this can be the content of a message: an empty reply must not be made of what nobody could read."""
    if value is None or isinstance(value, str):
        return True
    return isinstance(value, list | tuple) and all(isinstance(part, Mapping) for part in value)


def _advice(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return "return a str: decode it, as in reply.decode('utf-8')"
    if inspect.isawaitable(value):
        close = getattr(value, "close", None)
        if close is not None:
            close()
        return "declare the function itself with `async def`, so that it can be awaited"
    if value is None:
        return "return the assistant's text as a str (is a `return` missing?)"
    return "return the assistant's text as a str, a pytest_rlhfstress.Reply, or an assistant message as a mapping"


def where_raised(error: Exception, function: Callable[..., object]) -> str:
    """``ValueError: words`` and the line, where the function's own file last had control."""
    last = without_keys("".join(traceback.format_exception_only(error)).strip())
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _PACKAGE not in Path(f.filename).parents]
    if not frames:
        return last
    plain = _unwrapped(function)
    code = getattr(plain, "__code__", getattr(getattr(plain, "__call__", None), "__code__", None))  # noqa: B004
    own = [f for f in frames if code is not None and f.filename == code.co_filename]
    frame = (own or frames)[-1]
    return f"{last}\n  at {frame.filename}:{frame.lineno}, in {frame.name}: {frame.line}"
