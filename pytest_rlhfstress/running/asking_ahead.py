"""What a spec will ask is asked while it still judges: its rehearsal goes ahead, this keeps it the right distance."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pytest_rlhfstress.asking import Keyed, Unanswered
from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.running.engine_settings import settings_in_force, settings_of
from pytest_rlhfstress.running.example_databases import OneExample, Witness
from pytest_rlhfstress.running.guessing import AllHold, FailAlike
from pytest_rlhfstress.running.progress import EVERY_SECONDS, Progress
from pytest_rlhfstress.running.rehearsal import Expectation, Rehearsal, Script
from pytest_rlhfstress.running.spec_run import SpecRun

if TYPE_CHECKING:
    import hypothesis

    from pytest_rlhfstress.asking import Asker
    from pytest_rlhfstress.models import Question

Answer = Reply | Unanswered
GRACE_SECONDS = 1.0
"""Rehearsing anew is allowed as long as it took no more time than this and the waiting for replies together."""
SHRINKING_SHARE = 6
"""While a failing case is shrunk, one in this many of the questions that may be ahead is."""
ONE_QUESTION_SHARE = 9 / 16
"""Of what may be ahead, for a body that asks once: as much as is under way, and a little waiting to follow."""
LATE_SECONDS = 0.05
"""How long after a later reply has come the awaited one holds the spec up."""
HELD_UP = 2
"""While one slow reply holds the spec up, this many times the questions may be ahead, where there is nothing to do."""
PORTIONS = 16
"""The rehearsal goes on when there is room for one in this many of the questions that may be ahead."""


class AskingAhead:
    """Answers a spec's questions, most of which its rehearsal has had asked by then.

    At most ``asker.ahead`` questions are begun that the spec did not come to yet, and HELD_UP times as many while
    one slow reply holds it up and others would be idle: this many are asked beyond a failing case at most. Nothing
    is rehearsed before a question is missing: a run whose replies are
    all stored costs nothing here.
    """

    def __init__(self, script: Script, spec: SpecRun, asker: Asker, progress: Progress) -> None:
        self._script = script
        self._spec = spec
        self._asker = asker
        self._progress = progress
        self._arrivals: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._depth = _Depth()
        self._rehearsing = 0.0
        self._waiting = 0.0
        self._expected: dict[str, Future[Answer]] = {}
        self._reserve: dict[str, Keyed] = {}
        """What will be asked next, found in idle moments and not begun yet."""
        self._begin()

    def _begin(self) -> None:
        self._settings = settings_of(self._script.test)
        self._witness = Witness(self._settings.database)
        self._rehearsal: Rehearsal | None = None
        self._rehearsed = False
        self._came_true = 0
        self._failed = False
        self._since = self._spec.carried_out
        """The cases carried out when what is rehearsed began: the spec's call, or the shrinking."""

    @contextmanager
    def ready(self) -> Iterator[None]:
        """For the time of the spec's call: its first failure is noted, and nothing goes on after it."""
        import hypothesis

        self._begin()
        try:
            with settings_in_force(self._script.test, hypothesis.settings(self._settings, database=self._witness)):
                yield
        finally:
            self._forget()

    def ask(self, question: Question) -> Answer:
        """The answer. Raises UserError where the model or its provider misbehaves."""
        self._depth.note(self._spec.carried_out)
        self._notice_failure()
        keyed = self._asker.keyed(question)
        future = self._expected.get(keyed.key)
        if future is None:
            answer = self._asker.known(keyed)
            if answer is not None:
                return answer
            future = self._missed(keyed)
        else:
            self._came_true += 1
        self._go_ahead(self._room)
        answer = self._wait(keyed, future)
        self._expected.pop(keyed.key, None)
        return answer

    def _notice_failure(self) -> None:
        if not self._failed and self._spec.failure is not None:
            self._failed = True
            self._since = self._spec.carried_out
            self._forget()

    def _missed(self, keyed: Keyed) -> Future[Answer]:
        """The future of a question nobody foresaw, once it was tried whether a rehearsal foresees it."""
        if self._rehearsal is not None:
            self._advance(max(1, self._room))
            if keyed.key in self._expected:
                return self._expected[keyed.key]
            # It went another way than the spec: it guessed wrong what a reply would lead to.
            self._forget()
        if self._may_rehearse():
            self._rehearsed, self._came_true = True, 0
            self._rehearsal = Rehearsal(self._script, self._asker, self._settings_ahead(), self._expectation())
            # A first few at once, so that they are under way while the others are found.
            self._advance(self._portion)
            if keyed.key in self._expected:
                return self._expected[keyed.key]
        return self._asker.begin([keyed], first=True)[0]

    def _may_rehearse(self) -> bool:
        if self._failed and self._witness.first is None:
            return False
        useless = not self._failed and self._rehearsed and self._came_true == 0
        return not useless and self._rehearsing <= self._waiting + GRACE_SECONDS

    def _settings_ahead(self) -> hypothesis.settings:
        import hypothesis
        from hypothesis import Phase, Verbosity
        from hypothesis.database import ReadOnlyDatabase

        own = self._settings
        if self._failed and self._witness.first is not None:
            # From the first failing example on, the search shrinks the same way, whatever came before it.
            one = OneExample(self._witness.first)
            return hypothesis.settings(own, phases=(Phase.reuse, Phase.shrink), database=one, verbosity=Verbosity.quiet)
        return hypothesis.settings(
            own,
            phases=[phase for phase in own.phases if phase is not Phase.shrink],
            database=ReadOnlyDatabase(own.database) if own.database is not None else None,
            verbosity=Verbosity.quiet,
        )

    def _expectation(self) -> Expectation:
        failure = self._spec.failure
        if not self._failed or failure is None:
            return AllHold()
        return FailAlike(failure.error, self._spec.judged.recent)

    @property
    def _most(self) -> int:
        """How many questions may be begun beyond those the spec came to."""
        ahead = self._asker.ahead
        if self._failed:
            return max(1, ahead // SHRINKING_SHARE)
        # Until a body has ended nobody knows how much it asks, and room is kept for its further questions.
        if not self._spec.carried_out:
            return max(self._asker.model.batch, ahead // 2)
        # A second question comes when the first is answered: more must be under way to keep all busy than for one.
        return ahead if self._depth.most > 1 else max(self._asker.model.batch, round(ONE_QUESTION_SHARE * ahead))

    @property
    def _room(self) -> int:
        return self._most - len(self._expected)

    @property
    def _portion(self) -> int:
        """How many questions are worth going on for: a few, but whole batches."""
        return min(self._most, max(self._asker.model.batch, self._most // PORTIONS))

    @property
    def _room_for_waiting(self) -> int:
        """Room for what would otherwise be idle while one slow reply holds the spec up."""
        if self._failed:
            return self._room
        under_way = sum(not future.done() for future in self._expected.values())
        idle = self._asker.capacity - under_way
        return max(self._room, min(idle, HELD_UP * self._asker.ahead - len(self._expected)))

    def _go_ahead(self, room: int) -> None:
        if self._rehearsal is not None and room >= self._portion:
            self._advance(room)

    def _advance(self, wanted: int) -> None:
        """Begin the next questions, ``wanted`` of them where so many are to be seen."""
        if self._reserve and self._depth.most > 1:
            # A further question of a case under way comes before the first ones of later cases.
            further = self._rehearse(wanted, new_cases=False)
            self._reserve = {keyed.key: keyed for keyed in (*further, *self._reserve.values())}
        if len(self._reserve) < wanted:
            self._reserve.update((k.key, k) for k in self._rehearse(wanted - len(self._reserve)))
        found = list(self._reserve.values())[:wanted]
        for keyed, future in zip(found, self._asker.begin(found), strict=True):
            del self._reserve[keyed.key]
            self._expected[keyed.key] = future
            future.add_done_callback(lambda _: self._arrivals.put(None))

    def _rehearse(self, wanted: int, new_cases: bool = True) -> list[Keyed]:
        rehearsal = self._rehearsal
        if rehearsal is None or rehearsal.over:
            return []
        began = time.monotonic()
        position = self._spec.carried_out - self._since
        ahead = len(self._expected) + len(self._reserve)
        found = rehearsal.advance(wanted, ahead, position, self._depth.most, new_cases)
        self._rehearsing += time.monotonic() - began
        return found

    def _rehearse_idly(self) -> bool:
        """Look a little further than may be asked, while there is nothing else to do; whether anything was found."""
        before = len(self._reserve)
        if not self._failed and self._depth.most == 1 and before < self._most:
            self._reserve.update((k.key, k) for k in self._rehearse(self._portion))
        return len(self._reserve) > before

    def _wait(self, keyed: Keyed, future: Future[Answer]) -> Answer:
        began = time.monotonic()
        rehearsed = self._rehearsing
        overtaken = None
        future.add_done_callback(lambda _: self._arrivals.put(None))
        idle = False
        while not future.done():
            idle = idle or not self._rehearse_idly()
            with suppress(queue.Empty):
                self._arrivals.get(block=idle, timeout=EVERY_SECONDS)
            self._progress.tick()
            if overtaken is None and any(other.done() for other in self._expected.values()):
                overtaken = time.monotonic()
            # Replies asked for together come in any order: only one that is late for its like holds the spec up.
            late = overtaken is not None and time.monotonic() - overtaken > LATE_SECONDS
            self._go_ahead(self._room_for_waiting if late or self._depth.most > 1 else self._room)
        self._waiting += time.monotonic() - began - (self._rehearsing - rehearsed)
        return self._asker.result(keyed, future)

    def _forget(self) -> None:
        """End the rehearsal, and take back what was asked for it and not begun yet."""
        if self._rehearsal is not None:
            self._rehearsal.close()
            self._rehearsal = None
        self._asker.abandon(self._expected.values())
        self._expected = {}
        self._reserve = {}


class _Depth:
    """How many questions the body asks for one case, at most, as far as was seen."""

    def __init__(self) -> None:
        self.most = 1
        self._case = -1
        self._asked = 0

    def note(self, case: int) -> None:
        """One question more in the body of ``case``."""
        self._asked = self._asked + 1 if case == self._case else 1
        self._case = case
        self.most = max(self.most, self._asked)
