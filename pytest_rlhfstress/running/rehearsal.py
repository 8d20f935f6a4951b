"""A spec run a little ahead of itself, guessing how what is not known yet will turn out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pytest_rlhfstress.asking import Keyed, Unanswered
from pytest_rlhfstress.conversation import Case, Reply
from pytest_rlhfstress.dialogue import Dialogue
from pytest_rlhfstress.running.engine_settings import settings_in_force
from pytest_rlhfstress.running.model_under_test import ModelUnderTest
from pytest_rlhfstress.running.spec_run import SpecRun, Unjudged
from pytest_rlhfstress.running.taking_turns import Turns

if TYPE_CHECKING:
    import hypothesis

    from pytest_rlhfstress.asking import Asker
    from pytest_rlhfstress.models import Question
    from pytest_rlhfstress.suites import Suite

CASES_AHEAD = 4
"""How many cases ahead of the real run it goes for each question that shall be ahead: many cases ask nothing new."""


@dataclass(frozen=True)
class Script:
    """A spec as it can be carried out: the pytest function's call, its body, and who reads the replies."""

    test: Callable[..., object]
    call: Callable[[], object]
    body: Callable[..., object]
    model: str
    """The name of the argument that is the model under test."""
    suite: Suite | None
    samples: int
    hold: int


@dataclass
class Scene:
    """One carrying-out of the body that stopped at questions whose answers were not there yet."""

    case: int
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    asked: int = 0
    awaits: list[Keyed] = field(default_factory=list)


class Expectation(Protocol):
    """What is expected of cases whose replies are not known yet."""

    def error(self, case: Case | Dialogue) -> BaseException | None:
        """How the case will fail, or None where it will not."""
        ...

    @property
    def is_worth_asking(self) -> bool:
        """Whether the expectations so far are likely enough to ask what follows from them."""
        ...


class Rehearsal:
    """Hypothesis runs the spec twice at once: for real, and here, where questions are only collected.

    The same seed, database and known answers make it draw the same cases. A body that asks something
    unknown is left there and taken to hold, or to fail as expected; it is taken up again when the answer
    has come, in case it asks on. Spec and rehearsal never run at the same time.
    """

    def __init__(self, script: Script, asker: Asker, settings: hypothesis.settings, expectation: Expectation) -> None:
        self._script = script
        self._expectation = expectation
        self._asker = asker
        self._settings = settings
        self._spec = SpecRun(script.samples, script.hold)
        self._spec.searching = True
        self._perform = self._spec.watch(script.body)
        self._model = ModelUnderTest(asker.model.name, self._answer, self._spec, script.suite)
        self._turns = Turns(self._run)
        self._scene = Scene(0, (), {})
        self._waiting: list[Scene] = []
        self._found: dict[str, Keyed] = {}
        self._wanted = 0
        self._asked_ahead = 0
        self._position = 0
        self._depth = 1
        self._new_cases = True
        self._cases = 0

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return self._turns.over

    def advance(self, wanted: int, asked_ahead: int, position: int, depth: int, new_cases: bool = True) -> list[Keyed]:
        """Go on until ``wanted`` more questions were found, as far as can be seen from the real run's ``position``.

        ``asked_ahead`` counts the questions found before that the real run did not come to yet, ``position`` the
        cases it has carried out; ``depth`` is the most its body has asked for one case. Without ``new_cases``
        only those are gone on with that have begun.
        """
        self._found = {}
        self._wanted, self._asked_ahead, self._position, self._depth = wanted, asked_ahead, position, depth
        self._new_cases = new_cases
        begun = self._cases > 0
        if begun:
            self._turns.resume()
        else:
            # Hypothesis reads both when the test is called, and not again.
            handle = self._script.test.hypothesis  # type: ignore[attr-defined]
            real = handle.inner_test
            handle.inner_test = self._rehearsed()
            try:
                with settings_in_force(self._script.test, self._settings):
                    self._turns.resume()
            finally:
                handle.inner_test = real
        return list(self._found.values())

    def close(self) -> None:
        """End it where it stands."""
        self._turns.close()

    def _run(self) -> None:
        with suppress(Exception):
            self._script.call()
        while self._waiting:
            self._turns.pause()
            if any(self._may_go_on(scene) for scene in self._waiting):
                _as_an_example(self._go_on_with_waiting)

    def _rehearsed(self) -> Callable[..., object]:
        @functools.wraps(self._script.body)
        def rehearsed(*args: object, **kwargs: object) -> None:
            self._cases += 1
            self._await_room()
            self._play(Scene(self._cases, args, {**kwargs, self._script.model: self._model}))

        return rehearsed

    def _await_room(self) -> None:
        self._go_on_with_waiting()
        while not self._has_room():
            self._turns.pause()
            self._go_on_with_waiting()

    def _has_room(self) -> bool:
        too_far = self._cases - self._position > CASES_AHEAD * (self._asked_ahead + self._wanted)
        enough = len(self._found) >= self._wanted or not self._new_cases
        return not enough and not too_far and self._expectation.is_worth_asking

    def _go_on_with_waiting(self) -> None:
        """Take up the scenes whose answers have come and that may ask on; forget those the real run has passed."""
        waiting = [scene for scene in self._waiting if scene.case >= self._position]
        self._waiting = []
        for at, scene in enumerate(waiting):
            if len(self._found) >= self._wanted:
                self._waiting += waiting[at:]
                return
            if self._may_go_on(scene):
                # Whatever goes wrong here goes wrong in the real run as well, where it is reported.
                with suppress(BaseException):
                    self._play(Scene(scene.case, scene.args, scene.kwargs))
            else:
                self._waiting.append(scene)

    def _may_go_on(self, scene: Scene) -> bool:
        return scene.asked < self._depth and all(self._asker.known(keyed) is not None for keyed in scene.awaits)

    def _play(self, scene: Scene) -> None:
        self._scene = scene
        try:
            self._perform(*scene.args, **scene.kwargs)
        finally:
            if scene.awaits:
                self._waiting.append(scene)
        case = next((v for v in (*scene.args, *scene.kwargs.values()) if isinstance(v, Case | Dialogue)), None)
        error = self._expectation.error(case) if scene.awaits and case is not None else None
        if error is not None:
            raise error

    def _answer(self, question: Question) -> Reply | Unanswered:
        self._scene.asked += 1
        keyed = self._asker.keyed(question)
        answer = self._asker.known(keyed)
        if answer is not None:
            return answer
        self._scene.awaits.append(keyed)
        if not self._asker.is_under_way(keyed):
            self._found.setdefault(keyed.key, keyed)
        raise Unjudged("not answered yet")


def _as_an_example(action: Callable[[], None]) -> None:
    """Carry out ``action`` inside a Hypothesis test, where note(), event() and assume() may be called."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    @settings(
        max_examples=1, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(st.none())
    def example(_: None) -> None:
        action()

    example()
