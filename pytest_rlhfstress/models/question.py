"""What is asked of a model, and what a model is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

from pytest_rlhfstress.conversation import Message, Reply


@dataclass(frozen=True)
class Sampling:
    """How a model is asked to draw its reply; None leaves a setting to the provider.

    ``logprobs``: whether the reply shall carry its tokens' log-probabilities.
    """

    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    logprobs: bool | None = None

    def over(self, defaults: Sampling) -> Sampling:
        """These settings, and those of ``defaults`` where none is set."""
        own = self._set()
        return replace(defaults, **own) if own else defaults

    def __str__(self) -> str:
        """As a model's spec ends with it: ``?temperature=0.7&seed=1``, or nothing."""
        written = [f"{name}={str(value).lower()}" for name, value in self._set().items()]
        return f"?{'&'.join(written)}" if written else ""

    def _set(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


PROVIDERS_CHOICE = Sampling()
"""Every setting left to the provider."""


@dataclass(frozen=True)
class Question:
    """One conversation to be answered. ``sample`` counts the repeats of one question from 0."""

    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, object], ...] = field(default=(), hash=False)
    sampling: Sampling = PROVIDERS_CHOICE
    sample: int = 0

    def as_dicts(self) -> list[dict[str, object]]:
        """The messages in the ecosystem's shape, as fresh dictionaries that the model may change."""
        return [message.as_dict() for message in self.messages]


class Model(Protocol):
    """An assistant that answers questions."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def identity(self) -> str:
        """What its replies are stored under: two models that may answer differently differ here."""
        ...

    @property
    def persistent(self) -> bool:
        """Whether its replies may be used again by a later run."""
        ...

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at once where nobody says otherwise.

        A blocking model with 1 is called in the thread that asks.
        """
        ...

    @property
    def batch(self) -> int:
        """How many questions one request may carry."""
        ...

    @property
    def blocking(self) -> bool:
        """Whether ``answer`` is an ordinary function, as opposed to a coroutine function."""
        ...

    def answer(self, questions: Sequence[Question]) -> Sequence[Reply] | Awaitable[Sequence[Reply]]:
        """One reply per question, in order; at most ``batch`` questions are given.

        Raises TransientFault for what may go well on another try, UserError for what will not.
        """
        ...

    def close(self) -> Awaitable[None] | None:
        """Let go of connections. Called on the event loop that ``answer`` ran on."""
        ...


class NoReply(Protocol):
    """What stands for a reply that never came."""

    @property
    def reason(self) -> str:
        """Why there is none."""
        ...


Ask = Callable[[Model, Sequence[Question]], Sequence[Reply | NoReply]]
"""Gets questions answered by a model, in order."""
