"""One spec while it runs: every attempt of its body, the distinct cases judged, the last failure."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.running.attempt import Attempt
from pytest_rlhfstress.running.hearing import Hearing
from pytest_rlhfstress.running.judged_cases import Judged, JudgedCases

Observe = Callable[[Attempt, bool], None]
"""Is told of each distinct case when it is first judged, and whether it broke the invariant."""
OWN_PROMPTS = "the spec's own prompts"
"""The family of what was asked without a case."""


class SpecStopped(BaseException):
    """Leaves a spec's body for good: what went wrong is no counterexample and must not be shrunk."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unjudged(BaseException):
    """Leaves a body whose question has no answer: nobody can say whether the invariant held."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Failure:
    """An attempt that broke the invariant, as ``samples_failing`` of ``samples`` did; ``held`` is one that did not."""

    attempt: Attempt
    error: BaseException
    samples_failing: int
    samples: int
    held: Attempt | None = None


class SpecRun:
    """Watches a spec's body. The last failure seen is the minimal one: Hypothesis ends by replaying it."""

    def __init__(self, samples: int, hold: int, observe: Observe | None = None, strength: int = 2) -> None:
        self._observe = observe
        self.samples = samples
        self.hold = hold
        self.sample = 0
        self.attempt = Attempt({})
        self.failure: Failure | None = None
        self.unanswered = 0
        self.unanswered_reason = ""
        self.searching = False
        self.judged = JudgedCases(strength)
        self.carried_out = 0
        self.examined = 0
        """Of those carried out, the ones that asked the assistant, where it is the assistant that is tested."""
        self.rejected = 0
        """Carryings-out that the body's own assumptions ended."""
        self.asks = False
        """Whether the assistant is what it tests: a case it was not asked about then says nothing."""
        self.hearing = Hearing()
        self.failing_samples = 0
        self.asked = 0
        self.started = time.monotonic()
        self.stopped: str | None = None

    def stop(self, reason: str) -> SpecStopped:
        """The exception that ends this spec, with a reason for people."""
        self.stopped = reason
        return SpecStopped(reason)

    def watch(self, body: Callable[..., object]) -> Callable[..., object]:
        """The body, each carrying-out noted and repeated for every sample."""

        @functools.wraps(body)
        def watched(*args: object, **kwargs: object) -> None:
            outcomes = [self._carry_out(body, sample, args, kwargs) for sample in range(self.samples)]
            self.carried_out += 1
            failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
            self.failing_samples = len(failures)
            if self.samples - len(failures) < self.hold:
                self._judge(failures[0].attempt, broken=True)
                held = next((outcome for outcome in outcomes if isinstance(outcome, Attempt)), None)
                self.failure = Failure(failures[0].attempt, failures[0].error, len(failures), self.samples, held)
                raise failures[0].error
            unjudged = [outcome for outcome in outcomes if isinstance(outcome, Unjudged)]
            if self.samples - len(failures) - len(unjudged) < self.hold:
                # To Hypothesis it passes: cases drawn in its place could not be answered any better.
                self.unanswered += 1
                self.unanswered_reason = unjudged[-1].reason
                return
            self._judge(failures[0].attempt if failures else self.attempt, broken=False)

        return watched

    def _carry_out(
        self, body: Callable[..., object], sample: int, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> Failure | Unjudged | Attempt:
        self.sample = sample
        self.attempt = attempt = Attempt(kwargs)
        try:
            body(*args, **kwargs)
        except Unjudged as unjudged:
            return unjudged
        except UserError as error:
            raise self.stop(str(error)) from None
        except (Exception, failed()) as error:
            if _is_control(error):
                self.rejected += 1
                raise
            if attempt.unanswered:
                return Unjudged(attempt.unanswered)
            return Failure(attempt, error, 1, 1)
        finally:
            self.hearing.note_signals(attempt.questioned)
        # A body that swallows every exception goes on without its answer, and a rule about turns that an endless
        # one kept from coming holds of nothing.
        return Unjudged(attempt.unjudged) if attempt.unjudged else attempt

    def _judge(self, attempt: Attempt, broken: bool) -> None:
        if self.asks and not attempt.answered:
            return
        self.examined += 1
        case = attempt.case
        if case is not None:
            said = tuple(m.content for m in case.messages if m.role == "user")
            key: Hashable = (case.locale, said, case.names("fault"))
            family, ingredients = case.family, case.ingredients
        elif attempt.answered:
            key, family, ingredients = attempt.answered[-1].messages, OWN_PROMPTS, ()
        else:
            return
        if self.judged.note(key, family, Judged(ingredients, broken)):
            self._tell(attempt, broken)

    def _tell(self, attempt: Attempt, broken: bool) -> None:
        if self._observe is None:
            return
        try:
            self._observe(attempt, broken)
        except UserError as error:
            raise self.stop(str(error)) from None

    @contextmanager
    def watching(self, test: Callable[..., object]) -> Iterator[None]:
        """Watch a @given test for the time of one run, through Hypothesis's documented ``inner_test``."""
        handle = getattr(test, "hypothesis", None)
        if handle is None:
            yield
            return
        body = handle.inner_test
        self.searching = True
        handle.inner_test = self.watch(body)
        try:
            yield
        finally:
            handle.inner_test = body


def failed() -> type[BaseException]:
    """What ``pytest.fail`` raises; no Exception, yet a broken invariant."""
    import pytest

    return pytest.fail.Exception


def _is_control(error: BaseException) -> bool:
    """Whether the exception steers Hypothesis rather than reporting a broken invariant."""
    from hypothesis.errors import HypothesisException

    return isinstance(error, HypothesisException)
