"""Work in a thread of its own that runs only while its owner waits: a coroutine for code that cannot await."""

from __future__ import annotations

import contextvars
import queue
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType


class Ended(BaseException):
    """Raised out of ``pause`` when the owner has no more use for the work."""


class Turns:
    """Owner and work take turns: ``resume`` lets the work run until it pauses or is over."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._owners, self._works = threading.Lock(), threading.Lock()
        self._owners.acquire()
        self._works.acquire()
        self._ending = False
        self.over = False
        self._thread: _Thread | None = None

    def resume(self) -> None:
        """Give the work its turn, and return when it pauses or is over."""
        if self.over:
            return
        with _random_numbers_kept():
            if self._thread is None:
                self._thread = _idle.pop() if _idle else _Thread()
                # Fixtures may have set context variables that the work should see.
                self._thread.begin(partial(contextvars.copy_context().run, self._run))
            else:
                self._works.release()
            self._owners.acquire()

    def pause(self) -> None:
        """Called by the work: give the turn back. Raises Ended when the work shall end."""
        with _random_numbers_kept():
            self._owners.release()
            self._works.acquire()
        if self._ending:
            raise Ended

    def close(self) -> None:
        """End the work where it pauses."""
        if self._thread is None or self.over:
            return
        self._ending = True
        self.resume()

    def _run(self) -> None:
        self._works_turn()
        self.over = True
        if self._thread is not None:
            _idle.append(self._thread)
        self._owners.release()

    def _works_turn(self) -> None:
        # What goes wrong in the work also goes wrong for its owner, who reports it.
        try:
            self._work()
        except BaseException:
            return


class _Thread:
    """Carries out one work after another: what Hypothesis sets up for a new thread takes longer than a short work."""

    def __init__(self) -> None:
        self._works: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="rlhf-rehearsal", daemon=True).start()

    def begin(self, work: Callable[[], object]) -> None:
        """Carry out ``work`` when the work before is over."""
        self._works.put(work)

    def _run(self) -> None:
        while True:
            self._works.get()()


_idle: list[_Thread] = []


@contextmanager
def _random_numbers_kept() -> Iterator[None]:
    """Hypothesis sets the global generators for each example; the other's turn must not be noticed in them."""
    python, numpy = random.getstate(), _numpy_random()
    state = numpy.get_state() if numpy is not None else None
    try:
        yield
    finally:
        random.setstate(python)
        if numpy is not None:
            numpy.set_state(state)


def _numpy_random() -> ModuleType | None:
    return sys.modules.get("numpy.random")
