"""An answer of a reward endpoint read up to a bound, whether it says how long it is or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.bounded_body import MOST_BYTES

if TYPE_CHECKING:
    import httpx

UNPACKED = {"Accept-Encoding": "identity"}
"""What to send: a packed answer has no bound, since its first kilobytes may unpack to gigabytes."""


def bound(response: httpx.Response) -> None:
    """Let no more than MOST_BYTES of an answer be read.

    Raises UserError, now or while it is read, for a longer one, and for one that is packed though nobody asked for it.
    """
    declared = response.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise _too_long(response)
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        raise UserError(
            f"the reward model at {response.url} answered {response.status_code}, packed ({packed[:40]}) although "
            "it was asked not to be; let it send plain JSON"
        )
    response.stream = _counted(response)


def _counted(response: httpx.Response) -> Any:
    """The answer's stream, which ends with an error where it grows too long."""
    # The SDK's own HTTP library, which is httpx or its successor, takes streams of its own class only.
    library: Any = import_module(type(response).__module__.partition(".")[0])
    stream: Any = response.stream

    class Counted(library.SyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            return _up_to_the_bound(stream, response)

        def close(self) -> None:
            stream.close()

    return Counted()


def _up_to_the_bound(parts: Iterable[bytes], response: httpx.Response) -> Iterator[bytes]:
    length = 0
    for part in parts:
        length += len(part)
        if length > MOST_BYTES:
            raise _too_long(response)
        yield part


def _too_long(response: httpx.Response) -> UserError:
    size = MOST_BYTES // 1_000_000
    return UserError(f"the reward model at {response.url} answered with more than {size} MB, which are no rewards")
