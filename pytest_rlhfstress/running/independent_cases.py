"""A spec's body carried out for cases that Hypothesis did not draw, the questions of many asked together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_rlhfstress.asking import Unanswered
from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.running.model_under_test import ModelUnderTest
from pytest_rlhfstress.running.spec_run import SpecRun, SpecStopped, Unjudged, failed

if TYPE_CHECKING:
    import pytest

    from pytest_rlhfstress.asking import Asker
    from pytest_rlhfstress.models import Question
    from pytest_rlhfstress.stress_route import Drawn
    from pytest_rlhfstress.suites import Suite

MOST_ROUNDS = 32
"""How many questions after another one body may ask together with others; what comes later is asked alone."""


class _NotYet(BaseException):
    """Leaves a body at a question whose answer is not there yet."""


class Body:
    """Calls the body of a @given spec with a case of one's own."""

    def __init__(self, item: pytest.Function, model: str, spec: SpecRun, asker: Asker, suite: Suite | None) -> None:
        """``model`` is the name of the argument that is the model under test."""
        test = item.obj
        handle = test.hypothesis
        self._name = next(iter(handle._given_kwargs))
        self._self = (test.__self__,) if hasattr(test, "__self__") else ()
        self._fixtures = {n: item.funcargs[n] for n in item._fixtureinfo.argnames}
        self._body: Callable[..., object] = handle.inner_test
        self._watched = spec.watch(self._body)
        self._model, self._spec, self._asker, self._suite = model, spec, asker, suite

    def __call__(self, case: Drawn) -> None:
        """Judge ``case``; raises what the body raises."""
        self._perform(self._watched, self._spec, case, lambda question: self._asker.ask([question])[0])

    def ask_ahead(self, cases: Sequence[Drawn]) -> None:
        """Ask what the body will ask for ``cases``: the first questions of all together, then the second, and so on."""
        if not self._asker.together:
            return
        for _ in range(MOST_ROUNDS):
            wanted = [question for case in cases for question in self._open_questions(case)]
            if not wanted:
                return
            self._asker.ask(wanted)

    def _open_questions(self, case: Drawn) -> list[Question]:
        """The next question of each sample that has no answer yet."""
        found: list[Question] = []

        def ask(question: Question) -> Reply | Unanswered:
            answer = self._asker.known(self._asker.keyed(question))
            if answer is None:
                found.append(question)
                raise _NotYet
            return answer

        for sample in range(self._spec.samples):
            scratch = SpecRun(1, 1)
            scratch.searching = True
            scratch.sample = sample
            # Whatever else goes wrong goes wrong again when the case is judged, and is told there.
            with suppress(Exception, _NotYet, Unjudged, SpecStopped, failed()):
                self._perform(self._body, scratch, case, ask)
        return found

    def _perform(
        self,
        body: Callable[..., object],
        spec: SpecRun,
        case: Drawn,
        ask: Callable[[Question], Reply | Unanswered],
    ) -> None:
        arguments = dict(self._fixtures)
        if self._model in arguments:
            arguments[self._model] = ModelUnderTest(self._asker.model.name, ask, spec, self._suite)
        body(*self._self, **arguments, **{self._name: case})
