"""Any server that speaks OpenAI's chat completions, through the openai SDK."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, cast

from pytest_rlhfstress.conversation import Reply, ToolCall, Usage
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.faults import PermanentFault, TransientFault, status_of, transient
from pytest_rlhfstress.models.question import Question

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion

CONCURRENCY = 32


class OpenAIModel:
    """``model`` at ``base_url``; the key comes from OPENAI_API_KEY."""

    persistent = True
    batch = 1
    blocking = False
    concurrency = CONCURRENCY

    def __init__(self, model: str, base_url: str) -> None:
        self._model = model
        self._base_url = base_url
        self.name = f"openai:{model}"
        self.identity = f"openai:{model}@{base_url}"
        self._client: AsyncOpenAI | None = None

    async def answer(self, questions: Sequence[Question]) -> list[Reply]:
        """One chat completion. Raises TransientFault, or PermanentFault in the server's words."""
        question = questions[0]
        started = time.monotonic()
        try:
            create = cast(Callable[..., Awaitable["ChatCompletion"]], self._connected().chat.completions.create)
            completion = await create(**_request(self._model, question))
        except Exception as error:
            raise self._fault(error) from error
        return [_reply(completion, question, time.monotonic() - started, self.name)]

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            from openai import AsyncOpenAI

            # Retries are the dispatcher's: it counts them and bounds them over the whole question.
            self._client = AsyncOpenAI(
                base_url=self._base_url, api_key=os.environ.get("OPENAI_API_KEY") or "none", max_retries=0, timeout=None
            )
        return self._client

    def _fault(self, error: Exception) -> Exception:
        passing = transient(error)
        if passing is not None:
            return passing
        status = status_of(error)
        if status is None:
            return error
        said = f"{self.name} at {self._base_url} answered {status}: {error}"
        hint = ". Set OPENAI_API_KEY" if status == 401 and not os.environ.get("OPENAI_API_KEY") else ""
        kind = PermanentFault if status in (401, 403, 404) else UserError
        return kind(said + hint)


def openai_model(rest: str) -> OpenAIModel:
    """``MODEL`` or ``MODEL@BASE_URL``; without a URL that of OPENAI_BASE_URL, else OpenAI's own."""
    model, at, url = rest.partition("@http")
    base_url = f"http{url}" if at else os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    if not model:
        raise UserError(f"the model 'openai:{rest}' names no model before the @; write openai:MODEL@{base_url}")
    return OpenAIModel(model, base_url.rstrip("/"))


def _request(model: str, question: Question) -> dict[str, object]:
    sampling = question.sampling
    wanted: dict[str, object] = {"model": model, "messages": question.as_dicts()}
    if question.tools:
        wanted["tools"] = [dict(tool) for tool in question.tools]
    if sampling.temperature is not None:
        wanted["temperature"] = sampling.temperature
    if sampling.seed is not None:
        # Repeats of one question must be able to differ.
        wanted["seed"] = sampling.seed + question.sample
    if sampling.max_tokens is not None:
        wanted["max_tokens"] = sampling.max_tokens
    return wanted


def _reply(completion: ChatCompletion, question: Question, seconds: float, name: str) -> Reply:
    choices = getattr(completion, "choices", None)
    if not choices:
        raise TransientFault(f"{name}: the answer holds no choices: {str(completion)[:200]}")
    choice = choices[0]
    calls = tuple(
        ToolCall(call.id, call.function.name, call.function.arguments)
        for call in choice.message.tool_calls or ()
        if call.type == "function"
    )
    usage = completion.usage
    return Reply(
        text=choice.message.content or "",
        tool_calls=calls,
        finish_reason=cast(str, choice.finish_reason) or "stop",
        model=completion.model or "",
        usage=Usage(usage.prompt_tokens, usage.completion_tokens) if usage is not None else None,
        latency=seconds,
        sample=question.sample,
    )
