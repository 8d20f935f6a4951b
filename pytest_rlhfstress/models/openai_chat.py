"""Any server that speaks OpenAI's chat completions, through aiohttp, whose own work per request is small."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.bounded_body import bounded_body, refuse_redirection
from pytest_rlhfstress.models.chat_completions import fault_of, filtered, reply_of, request_of
from pytest_rlhfstress.models.keys import without_keys
from pytest_rlhfstress.models.missing_extra import missing_extra
from pytest_rlhfstress.models.question import PROVIDERS_CHOICE, Question, Sampling
from pytest_rlhfstress.models.sampling_options import split_sampling

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

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
        self._url = f"{base_url}/chat/completions"
        self._proxy = _proxy_for(base_url)
        self._session: ClientSession | None = None

    async def answer(self, questions: Sequence[Question]) -> list[Reply]:
        """One chat completion. Raises TransientFault, or PermanentFault in the server's words."""
        question = questions[0]
        request = request_of(self._model, question, question.sampling.over(self._sampling), self._length)
        started = time.monotonic()
        try:
            # A redirected POST would carry the prompt to somebody nobody named.
            posted = self._connected().post(self._url, json=request, proxy=self._proxy, allow_redirects=False)
            async with posted as response:
                refuse_redirection(response, self.name)
                body = await _body(response, self.name)
        except Exception as error:
            if filtered(error):
                return [Reply("", finish_reason="content_filter", model=self._model, sample=question.sample)]
            missing_key = "" if os.environ.get(KEY) else f"Set {KEY}"
            raise fault_of(error, self.name, self._base_url, missing_key) from error
        return [reply_of(body, question, time.monotonic() - started, self.name)]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connected(self) -> ClientSession:
        if self._session is None:
            with missing_extra("openai", self.name):
                from aiohttp import ClientSession, ClientTimeout, TCPConnector

            # Retries, deadlines and how many are under way are the dispatcher's, which bounds them for the question.
            self._session = ClientSession(
                headers=_headers(), timeout=ClientTimeout(total=None), connector=TCPConnector(limit=0)
            )
        return self._session


class Refused(Exception):
    """An answer that is no success, with what ``fault_of`` reads off a client's exceptions."""

    def __init__(self, status: int, headers: Mapping[str, str], text: str, body: object) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers
        self.body = body


async def _body(response: ClientResponse, name: str) -> object:
    """The decoded body; text where it is of another kind. Raises Refused for a status that is no success."""
    content = await bounded_body(response, name)
    if response.status >= 400:
        text = without_keys(content.decode(errors="replace"))
        said = _decoded(text)
        inner = said.get("error") if isinstance(said, Mapping) else None
        raise Refused(response.status, response.headers, text, inner if isinstance(inner, Mapping) else said)
    if "json" not in response.content_type:
        return content.decode(errors="replace")
    return json.loads(content.decode(json.detect_encoding(content)))


def _proxy_for(url: str) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for ``url``."""
    from urllib.request import getproxies, proxy_bypass

    parts, proxies = urlsplit(url), getproxies()
    if not proxies or proxy_bypass(parts.hostname or ""):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _headers() -> dict[str, str]:
    named = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}
    own = {header: os.environ[variable] for header, variable in named.items() if os.environ.get(variable)}
    return {"Authorization": f"Bearer {os.environ.get(KEY) or 'none'}", **own}


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
