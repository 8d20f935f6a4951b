"""The body of an HTTP response, read up to a bound: what a server sends must not fill our memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.faults import PermanentFault
from pytest_rlhfstress.models.keys import without_keys

if TYPE_CHECKING:
    from aiohttp import ClientResponse

MOST_BYTES = 16_000_000
"""A chat completion with the log-probabilities of some ten thousand tokens is not as long."""
_AT_ONCE = 65_536


async def bounded_body(response: ClientResponse, asked: str) -> bytes:
    """The body, decompressed. Raises UserError, naming who was ``asked``, where it is longer than MOST_BYTES."""
    declared = response.content_length
    if declared is not None and declared > MOST_BYTES:
        raise _too_long(asked)
    parts: list[bytes] = []
    length = 0
    async for part in response.content.iter_chunked(_AT_ONCE):
        length += len(part)
        if length > MOST_BYTES:
            raise _too_long(asked)
        parts.append(part)
    return b"".join(parts)


def refuse_redirection(response: ClientResponse, asked: str) -> None:
    """Raises PermanentFault where the server sends us elsewhere: prompts go to the configured address only."""
    if 300 <= response.status < 400:
        where = without_keys(response.headers.get("Location", "nowhere"))
        raise PermanentFault(
            f"{asked} answered {response.status}: it sends us to {where[:300]}. Prompts go nowhere but to the address "
            "you name; if that is right, name it"
        )


def _too_long(asked: str) -> UserError:
    return UserError(f"{asked} answered with more than {MOST_BYTES // 1_000_000} MB, which is no chat completion")
