"""How much may still be asked: the number of requests, the time of the run, the rates per minute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_rlhfstress.asking.limits import Limits
from pytest_rlhfstress.asking.outcome import Counts
from pytest_rlhfstress.models import Question

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter

CHARACTERS_PER_TOKEN = 4
REPLY_TOKENS = 256
"""What a reply is taken to cost before it is known, where no max_tokens was set."""


class BudgetSpent(Exception):
    """Nothing more may be asked; the text says which bound was met."""


class Budget:
    """Counts every request against the limits."""

    def __init__(self, limits: Limits, counts: Counts) -> None:
        self._limits = limits
        self._counts = counts
        self._started: float | None = None
        self._requests = _limiter(limits.requests_per_minute)
        self._tokens = _limiter(limits.tokens_per_minute)

    def spend(self) -> None:
        """Count one request. Raises BudgetSpent where it is one too many, or too late."""
        limits = self._limits
        if limits.max_calls is not None and self._counts.asked >= limits.max_calls:
            raise BudgetSpent(f"the limit of {limits.max_calls} requests (--rlhf-max-calls) is reached")
        self._started = self._started or time.monotonic()
        if limits.run_timeout is not None and time.monotonic() - self._started > limits.run_timeout:
            raise BudgetSpent(f"the {limits.run_timeout:g} s for this run's requests (--rlhf-time-limit) are over")
        self._counts.asked += 1

    async def await_turn(self, questions: list[Question]) -> None:
        """Wait until the rates allow one more request."""
        if self._requests is not None:
            await self._requests.acquire()
        if self._tokens is not None:
            left = sum(_tokens(q) for q in questions)
            while left > 0:
                # The limiter gives at most its burst at once.
                part = min(left, self._tokens.max_rate)
                await self._tokens.acquire(part)
                left -= part


def _limiter(per_minute: float | None) -> AsyncLimiter | None:
    """At most a second's worth at once, so that no minute holds more than a minute's worth and a second's."""
    if per_minute is None:
        return None
    from aiolimiter import AsyncLimiter

    burst = max(1.0, per_minute / 60)
    return AsyncLimiter(burst, burst * 60 / per_minute)


def _tokens(question: Question) -> float:
    characters = sum(len(m.content) for m in question.messages)
    return characters / CHARACTERS_PER_TOKEN + (question.sampling.max_tokens or REPLY_TOKENS)
