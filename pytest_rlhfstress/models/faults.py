"""Telling a fault that passes (try again) from one that stays (tell the user)."""

from __future__ import annotations

from pytest_rlhfstress.errors import UserError

RETRIED_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})

# Connection failures of the usual HTTP clients, by name, so that none of them has to be imported here.
_PASSING_NAMES = frozenset(
    {
        "APIConnectionError",
        "APITimeoutError",
        "ClientConnectionError",
        "ClientPayloadError",
        "ConnectionError",
        "IncompleteRead",
        "ServerDisconnectedError",
        "Timeout",
        "TimeoutError",
        "TransportError",
    }
)


class TransientFault(Exception):
    """A request failed in a way that may pass. ``retry_after`` is the wait in seconds the provider asked for."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class PermanentFault(UserError):
    """The provider refuses, and will go on refusing: a wrong key, no permission, no such model."""


def transient(error: BaseException) -> TransientFault | None:
    """The passing fault that ``error`` is, or None where trying again cannot help.

    Knows the builtin connection errors, HTTP statuses as the common clients carry them
    (``status_code``, ``status`` or ``response.status_code``), and those clients' connection errors.
    """
    if isinstance(error, TransientFault):
        return error
    status = status_of(error)
    if status is not None:
        return TransientFault(f"HTTP {status}: {error}", retry_after(error)) if status in RETRIED_STATUS else None
    names = {cls.__name__ for cls in type(error).__mro__}
    if isinstance(error, ConnectionError | TimeoutError) or names & _PASSING_NAMES:
        return TransientFault(f"{type(error).__name__}: {error}".rstrip(": "))
    return None


def status_of(error: BaseException) -> int | None:
    """The HTTP status an exception of a client carries."""
    for holder in (error, getattr(error, "response", None)):
        for attribute in ("status_code", "status"):
            value = getattr(holder, attribute, None)
            if isinstance(value, int) and 100 <= value < 600:
                return value
    return None


def retry_after(error: BaseException) -> float | None:
    """The seconds a ``Retry-After`` header asks for: a number, or a date (RFC 9110, 10.2.3)."""
    headers = getattr(error, "headers", None) or getattr(getattr(error, "response", None), "headers", None)
    if headers is None or not hasattr(headers, "get"):
        return None
    value = headers.get("retry-after") or headers.get("Retry-After")
    return seconds_of(str(value)) if value is not None else None


def seconds_of(header: str) -> float | None:
    """The wait that the text of a ``Retry-After`` header means, in seconds from now."""
    import time
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError):
        return None
