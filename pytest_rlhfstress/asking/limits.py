"""The bounds within which a model is asked."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_rlhfstress.errors import UserError


@dataclass(frozen=True)
class Limits:
    """Every wait has an end and every count a bound; None means without that bound.

    ``concurrency``: requests under way at once (None: as the model says). ``max_calls``: requests in all,
    retries included. ``request_timeout``: seconds for one request. ``tries``: requests for one question.
    ``patience``: seconds for one question, waits and retries included. ``run_timeout``: seconds from the
    first request after which nothing more is asked. Rates are per minute.
    """

    concurrency: int | None = None
    max_calls: int | None = None
    request_timeout: float = 60.0
    tries: int = 6
    patience: float = 300.0
    run_timeout: float | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None

    def __post_init__(self) -> None:
        for name, least in (("concurrency", 1), ("tries", 1), ("max_calls", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise UserError(f"{name}={value}: write a number from {least}")
        for name in ("request_timeout", "patience", "run_timeout", "requests_per_minute", "tokens_per_minute"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise UserError(f"{name}={value}: write a number above 0")
