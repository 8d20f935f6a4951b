"""The values a run is made of: messages, tool calls, replies, cases. Frozen, and without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from pytest_rlhfstress.errors import UserError

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool as the model wrote it; ``arguments`` is its raw JSON text, valid or not."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. ``tool_call_id`` is set on what a tool answered."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    def as_dict(self) -> dict[str, object]:
        """The ecosystem's shape: ``{"role": ..., "content": ...}`` plus tool fields where there are any."""
        shape: dict[str, object] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            shape["tool_calls"] = [
                {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
                for c in self.tool_calls
            ]
        if self.tool_call_id is not None:
            shape["tool_call_id"] = self.tool_call_id
        return shape


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, as the provider counted them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a reply: characters ``start`` to ``end`` (exclusive) of its text."""

    start: int
    end: int
    text: str


class Reading(Protocol):
    """A suite's signals applied to one reply."""

    def evidence(self, signal: str) -> tuple[Span, ...]:
        """Where the reply shows ``signal``, in order; empty where it does not.

        Raises UserError for a signal the suite does not declare.
        """
        ...


@dataclass(frozen=True)
class Reply:
    """What the assistant answered, as returned, with the suite's reading of it.

    ``latency`` is in seconds; ``model`` is the id the endpoint returned; ``sample`` counts the
    repeats of one question from 0; ``logprobs`` holds each token of the text with the natural
    logarithm of its probability, where they were asked for.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    model: str = ""
    usage: Usage | None = None
    latency: float = 0.0
    sample: int = 0
    logprobs: tuple[tuple[str, float], ...] = ()
    reading: Reading | None = field(default=None, compare=False, repr=False)

    def shows(self, signal: str) -> bool:
        """Whether the reply does what ``signal`` names. Raises UserError for an unknown signal."""
        return bool(self.evidence(signal))

    def evidence(self, signal: str) -> tuple[Span, ...]:
        """The pieces of the text that show ``signal``, in order. Raises UserError for an unknown signal."""
        if self.reading is None:
            raise UserError(
                f"no suite has read this reply, so nobody can tell whether it shows {signal!r}: "
                "ask with a case, as in `reply = model_under_test(case)`"
            )
        return self.reading.evidence(signal)

    def precedes(self, first: str, second: str) -> bool:
        """Whether both signals are shown and ``first`` is shown before ``second``."""
        before, after = self.evidence(first), self.evidence(second)
        return bool(before and after) and before[0].start < after[0].start


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One thing mixed into a message: ``category`` (duty, intent, ...), its name and the words put in.

    ``expects`` names the signals with which an assistant serves it (an intent to rebook expects
    ``booking``).
    """

    category: str
    name: str
    phrase: str = ""
    expects: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.category}:{self.name}"


class Printer(Protocol):
    """What Hypothesis (like IPython) prints values with."""

    def text(self, obj: str) -> None:
        """Print ``obj`` as it is."""
        ...


class Composer(Protocol):
    """What can build a case again from some of its ingredients: the suite it came from."""

    def compose(self, ingredients: tuple[Ingredient, ...]) -> Case:
        """The case those ingredients make, in the locale the case started from."""
        ...


@dataclass(frozen=True)
class Case:
    """A generated conversation with its ground truth: the facts are known because we put them in.

    ``facts`` are the suite's (``urgency``); ``family`` is the class of prompts it belongs to
    ("billing + emergency"); ``safe_reply`` is the suite's reference answer.
    """

    suite: str
    messages: tuple[Message, ...]
    ingredients: tuple[Ingredient, ...]
    facts: Mapping[str, str] = field(hash=False)
    locale: str
    family: str
    safe_reply: str = ""
    composer: Composer | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """The user's last message."""
        return next((m.content for m in reversed(self.messages) if m.role == "user"), "")

    @property
    def urgency(self) -> str:
        """The fact ``urgency``, or "" where the suite knows none."""
        return self.facts.get("urgency", "")

    @property
    def expects(self) -> tuple[str, ...]:
        """The signals that would serve the ordinary intents in this message."""
        return tuple(dict.fromkeys(s for i in self.ingredients for s in i.expects))

    def has(self, category: str) -> bool:
        """Whether an ingredient of ``category`` was mixed in."""
        return any(i.category == category for i in self.ingredients)

    def names(self, category: str) -> tuple[str, ...]:
        """The names of the ingredients of ``category``."""
        return tuple(i.name for i in self.ingredients if i.category == category)

    def without(self, *categories: str) -> Case:
        """This case's twin with the ingredients of ``categories`` left out (and nothing else changed).

        Raises UserError where the case was not made by a suite.
        """
        return self._recompose(i for i in self.ingredients if i.category not in categories)

    def only(self, *categories: str) -> Case:
        """This case's plain twin: the ingredients of ``categories`` and nothing else."""
        return self._recompose(i for i in self.ingredients if i.category in categories)

    def _recompose(self, ingredients: Iterable[Ingredient]) -> Case:
        if self.composer is None:
            raise UserError("this case was written by hand; only a case drawn from a suite has twins")
        return self.composer.compose(tuple(ingredients))

    def __repr__(self) -> str:
        names = ", ".join(map(str, self.ingredients)) or "nothing mixed in"
        facts = ", ".join(f"{k}={v}" for k, v in self.facts.items())
        return f"Case({self.text!r}  [{names}; {facts}; locale={self.locale}])"

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:
        """The same in Hypothesis's output, which would otherwise print every field, the whole suite among them."""
        printer.text(repr(self))


def with_reading(reply: Reply, reading: Reading) -> Reply:
    """The same reply, read with a suite's signals."""
    return replace(reply, reading=reading)
