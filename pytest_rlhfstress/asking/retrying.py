"""Trying again: exponential waits with jitter, Retry-After honoured, always bounded. Tenacity does the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_rlhfstress.asking.limits import Limits
from pytest_rlhfstress.asking.outcome import Counts
from pytest_rlhfstress.models import TransientFault

if TYPE_CHECKING:
    from tenacity import AsyncRetrying, RetryCallState, Retrying

FIRST_WAIT = 0.25
LONGEST_WAIT = 30.0


def retrying(limits: Limits, counts: Counts) -> Retrying:
    """The retry policy for a blocking model."""
    from tenacity import Retrying, retry_if_exception_type
    from tenacity.stop import stop_after_attempt, stop_before_delay

    return Retrying(
        retry=retry_if_exception_type(TransientFault),
        wait=_wait(),
        stop=stop_after_attempt(limits.tries) | stop_before_delay(limits.patience),
        before_sleep=_counting(counts),
        reraise=True,
    )


def retrying_async(limits: Limits, counts: Counts) -> AsyncRetrying:
    """The same policy on an event loop."""
    from tenacity import AsyncRetrying, retry_if_exception_type
    from tenacity.stop import stop_after_attempt, stop_before_delay

    return AsyncRetrying(
        retry=retry_if_exception_type(TransientFault),
        wait=_wait(),
        stop=stop_after_attempt(limits.tries) | stop_before_delay(limits.patience),
        before_sleep=_counting(counts),
        reraise=True,
    )


def _wait() -> Callable[[RetryCallState], float]:
    from tenacity.wait import wait_random_exponential

    backing_off = wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT, min=FIRST_WAIT / 2)

    def wait(state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome is not None else None
        asked_for = getattr(fault, "retry_after", None)
        jittered = float(backing_off(state))
        # A little more than asked for, so that all who were turned away do not come back in one moment.
        return jittered if asked_for is None else float(asked_for) + min(jittered, 0.1 * asked_for + 0.05)

    return wait


def _counting(counts: Counts) -> Callable[[RetryCallState], None]:
    def count(state: RetryCallState) -> None:
        counts.retries += 1

    return count
