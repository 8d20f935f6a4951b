"""Any server that speaks OpenAI's chat completions, through the openai SDK."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.chat_completions import fault_of, filtered, reply_of, request_of
from pytest_rlhfstress.models.missing_extra import missing_extra
from pytest_rlhfstress.models.question import PROVIDERS_CHOICE, Question, Sampling
from pytest_rlhfstress.models.sampling_options import split_sampling

if TYPE_CHECKING:
    from openai import AsyncOpenAI

CONCURRENCY = 32
OPENAI_URL = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"


class OpenAIModel:
    """``model`` at ``base_url``; the key comes from OPENAI_API_KEY. ``sampling`` fills what a question leaves open."""

    persistent = True
    batch = 1
    blocking = False
    concurrency = CONCURRENCY

    def __init__(self, model: str, base_url: str, sampling: Sampling = PROVIDERS_CHOICE, name: str = "") -> None:
        self._model = model
        self._base_url = base_url
        self._sampling = sampling
        self.name = name or f"openai:{model}@{base_url}{sampling}"
        self.identity = f"openai:{model}@{base_url}{sampling}"
        self._length = "max_completion_tokens" if _is_openai(base_url) else "max_tokens"
        self._client: AsyncOpenAI | None = None

    async def answer(self, questions: Sequence[Question]) -> list[Reply]:
        """One chat completion. Raises TransientFault, or PermanentFault in the server's words."""
        question = questions[0]
        request = request_of(self._model, question, question.sampling.over(self._sampling), self._length)
        started = time.monotonic()
        try:
            # The SDK's own door for any path: the body as decoded JSON, without building a model of each part.
            body = await self._connected().post("/chat/completions", cast_to=object, body=request)
        except Exception as error:
            if filtered(error):
                return [Reply("", finish_reason="content_filter", model=self._model, sample=question.sample)]
            missing_key = "" if os.environ.get(KEY) else f"Set {KEY}"
            raise fault_of(error, self.name, self._base_url, missing_key) from error
        return [reply_of(body, question, time.monotonic() - started, self.name)]

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            with missing_extra("openai", self.name):
                from openai import AsyncOpenAI

            # Retries and deadlines are the dispatcher's: it counts them and bounds them over the whole question.
            self._client = AsyncOpenAI(
                base_url=self._base_url, api_key=os.environ.get(KEY) or "none", max_retries=0, timeout=None
            )
        return self._client


def openai_model(rest: str) -> OpenAIModel:
    """``MODEL[@BASE_URL][?OPTIONS]``; without a URL that of OPENAI_BASE_URL, else OpenAI's own.

    The options are those of ``split_sampling``. Raises UserError for a spec that cannot be read.
    """
    spec = f"openai:{rest}"
    path, sampling = split_sampling(rest, spec)
    model, given_url = split_address(path, spec)
    base_url = given_url or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL
    if not model:
        raise UserError(f"the model {spec!r} names no model before the @; write openai:MODEL@{base_url}")
    return OpenAIModel(model, base_url.rstrip("/"), sampling, spec)


def split_address(path: str, spec: str) -> tuple[str, str]:
    """``MODEL@http://host/v1`` as model and URL, the latter "" where none is given.

    Raises UserError for a URL that carries a password: it would be stored and shown.
    """
    model, at, url = path.partition("@http")
    if not at:
        return path, ""
    url = f"http{url}"
    if urlsplit(url).username is not None:
        raise UserError(
            f"the model {spec.partition('@')[0]!r}: its URL must not carry a password or key, which would be stored "
            f"and shown; keys come from environment variables such as {KEY}"
        )
    return model, url


def _is_openai(base_url: str) -> bool:
    """Whether OpenAI itself (or Azure) answers: its newer models know the bound on new tokens by another name."""
    host = urlsplit(base_url).hostname or ""
    return host.endswith(("openai.com", "azure.com"))
