"""The providers that litellm knows: Anthropic, Bedrock, Vertex AI, Mistral and the others."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, cast

from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.chat_completions import fault_of, filtered, reply_of, request_of
from pytest_rlhfstress.models.missing_extra import missing_extra
from pytest_rlhfstress.models.openai_chat import split_address
from pytest_rlhfstress.models.question import PROVIDERS_CHOICE, Question, Sampling
from pytest_rlhfstress.models.sampling_options import split_sampling

CONCURRENCY = 32


class _Completion(Protocol):
    def model_dump(self) -> dict[str, object]: ...


_Complete = Callable[..., Awaitable[_Completion]]


class LiteLLMModel:
    """``model`` is PROVIDER/MODEL; keys come from the provider's usual environment variables."""

    persistent = True
    batch = 1
    blocking = False
    concurrency = CONCURRENCY

    def __init__(self, model: str, base_url: str = "", sampling: Sampling = PROVIDERS_CHOICE) -> None:
        self._model = model
        self._base_url = base_url
        self._sampling = sampling
        self.identity = f"litellm:{model}{f'@{base_url}' if base_url else ''}{sampling}"
        self.name = self.identity
        self._complete: _Complete | None = None

    async def answer(self, questions: Sequence[Question]) -> list[Reply]:
        """One completion. Raises TransientFault, or a UserError in the provider's words."""
        question = questions[0]
        request = request_of(self._model, question, question.sampling.over(self._sampling))
        if self._base_url:
            request["api_base"] = self._base_url
        complete = self._loaded()
        started = time.monotonic()
        try:
            # Retries are the dispatcher's: it counts them and bounds them over the whole question.
            completion = await complete(**request, num_retries=0, max_retries=0)
        except Exception as error:
            if filtered(error):
                return [Reply("", finish_reason="content_filter", model=self._model, sample=question.sample)]
            raise fault_of(error, self.name, self._base_url) from error
        return [reply_of(completion.model_dump(), question, time.monotonic() - started, self.name)]

    async def close(self) -> None:
        """Close litellm's connections."""
        if self._complete is not None:
            import litellm

            await cast(Callable[[], Awaitable[None]], litellm.close_litellm_async_clients)()
            self._complete = None

    def _loaded(self) -> _Complete:
        if self._complete is None:
            # Without this, importing litellm fetches a list of prices from the network.
            os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            with missing_extra("litellm", self.name):
                import litellm

            # Its first completion imports modules of its own that warn about their own types.
            warnings.filterwarnings("ignore", message=".*using the `ReadOnly` qualifier", category=UserWarning)
            litellm.suppress_debug_info = True
            self._complete = cast(_Complete, litellm.acompletion)
        return self._complete


def litellm_model(rest: str) -> LiteLLMModel:
    """``PROVIDER/MODEL[@BASE_URL][?OPTIONS]``; the options are those of ``split_sampling``.

    Raises UserError for a spec that cannot be read.
    """
    spec = f"litellm:{rest}"
    path, sampling = split_sampling(rest, spec)
    model, base_url = split_address(path, spec)
    provider, slash, name = model.partition("/")
    if not (provider and slash and name):
        raise UserError(f"the model {spec!r} names no provider; write litellm:PROVIDER/MODEL")
    return LiteLLMModel(model, base_url.rstrip("/"), sampling)
