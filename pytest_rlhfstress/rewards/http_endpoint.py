"""A reward model behind an HTTP endpoint of vLLM's shape: ``/pooling`` or ``/classify``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.chat_completions import fault_of
from pytest_rlhfstress.models.faults import TransientFault
from pytest_rlhfstress.models.keys import without_keys
from pytest_rlhfstress.models.missing_extra import missing_extra
from pytest_rlhfstress.rewards.bounded_answer import UNPACKED, bound
from pytest_rlhfstress.rewards.reward import Item, as_rewards

if TYPE_CHECKING:
    import numpy as np
    from openai import OpenAI

CONCURRENCY = 16
TRIES = 6
SECONDS = 60.0
KEY = "RLHF_REWARD_API_KEY"


class HTTPReward:
    """Posts each conversation, the reply as its last turn, and reads one row of rewards from the answer.

    Sent: ``{"model", "messages", "add_generation_prompt": false, "use_activation": false}``; without
    activation vLLM returns the raw reward, whose differences are log-odds, and not its sigmoid. Read:
    ``data[0].data`` (``/pooling``: a list of numbers, or one such list per token, of which the last counts) or
    ``data[0].probs`` (``/classify``). The key, if the server wants one, comes from RLHF_REWARD_API_KEY. Passing
    faults are tried again, with growing waits, at most six times.
    """

    batch = 1
    concurrency = CONCURRENCY

    def __init__(self, url: str, model: str = "") -> None:
        """``model`` is what the server calls it; "" leaves it to a server of only one."""
        self._url = url
        self._model = model
        self.name = f"{model} at {url}" if model else url
        self.identity = f"{url}?model={model}"
        # Without its name nobody can tell whether the server still runs the same model as last time.
        self.persistent = bool(model)

    def score(self, items: Sequence[Item]) -> np.ndarray:
        """Rewards of shape (len(items), outputs of the model). Raises UserError in the server's words."""
        client = self._client
        if len(items) == 1:
            return as_rewards([self._row(client, items[0])], items, self.name)
        with ThreadPoolExecutor(CONCURRENCY, "rlhf-reward") as pool:
            waiting = [pool.submit(self._row, client, item) for item in items]
            try:
                rows = [future.result() for future in waiting]
            finally:
                pool.shutdown(cancel_futures=True)
        return as_rewards(rows, items, self.name)

    @cached_property
    def _client(self) -> OpenAI:
        with missing_extra("openai", f"the reward model {self.name}"):
            from openai import DefaultHttpxClient, OpenAI

        # The SDK's own door for any path brings the connections, the retries and the deadlines. Nothing is sent to
        # an address that nobody named, and no answer is read that is longer than any row of rewards.
        http = DefaultHttpxClient(follow_redirects=False, event_hooks={"response": [bound]})
        return OpenAI(
            base_url=self._url.rpartition("/")[0],
            api_key=os.environ.get(KEY) or "none",
            max_retries=TRIES - 1,
            timeout=SECONDS,
            http_client=http,
            default_headers=UNPACKED,
        )

    def _row(self, client: OpenAI, item: Item) -> list[object]:
        conversation, reply = item
        messages = [*map(dict, conversation), {"role": "assistant", "content": reply}]
        body = {"messages": messages, "add_generation_prompt": False, "use_activation": False}
        if self._model:
            body["model"] = self._model
        try:
            answer = client.post(f"/{self._url.rpartition('/')[2]}", cast_to=object, body=body)
        except Exception as error:
            raise self._failed(error) from error
        return self._read(answer)

    def _failed(self, error: Exception) -> UserError:
        fault = fault_of(error, "the reward model", self._url, f"Set {KEY}")
        again = f" ({TRIES} times)" if isinstance(fault, TransientFault) else ""
        return UserError(f"{fault}{again}")

    def _read(self, answer: object) -> list[object]:
        data = answer.get("data") if isinstance(answer, Mapping) else None
        entry = data[0] if isinstance(data, list) and len(data) == 1 and isinstance(data[0], Mapping) else {}
        row = entry.get("data", entry.get("probs"))
        if isinstance(row, list) and row and isinstance(row[-1], list):
            row = row[-1]
        if not isinstance(row, list) or not row:
            raise UserError(
                f"the reward model at {self._url} answered {without_keys(str(answer))[:200]}; expected vLLM's shape "
                '{"data": [{"data": [0.3]}]} or {"data": [{"probs": [0.3]}]}: does the address end in /pooling or '
                "/classify?"
            )
        if "probs" in entry and len(row) > 1:
            raise UserError(
                f"the reward model at {self._url} answered with {len(row)} classes; a reward model has one output"
            )
        return row


def http_reward(spec: str) -> HTTPReward:
    """``http(s)://host:port/pooling`` or ``.../classify``, with ``?model=NAME`` where the server has several.

    Raises UserError for an address that cannot be read.
    """
    parts = urlsplit(spec)
    if not parts.hostname or not parts.path.strip("/"):
        raise UserError(f"the reward model {spec!r}: write an address as in http://host:8000/pooling")
    if parts.username is not None:
        raise UserError(f"the reward model's URL must not carry a password or key; set {KEY}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(options.keys() - {"model"})
    if unknown:
        raise UserError(f"the reward model {spec!r}: there is no option {unknown[0]!r}; there is: model")
    url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    return HTTPReward(url, options.get("model", ""))
