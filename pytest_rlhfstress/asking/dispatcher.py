"""Asks a model on an event loop in one background thread: in order, a bounded number of requests under way."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar, cast

from pytest_rlhfstress.asking.budget import Budget, BudgetSpent
from pytest_rlhfstress.asking.limits import Limits
from pytest_rlhfstress.asking.outcome import Counts, Unanswered
from pytest_rlhfstress.asking.retrying import retrying_async
from pytest_rlhfstress.asking.store import Keyed, Store
from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Model, Question, TransientFault

T = TypeVar("T")
Answer = Reply | Unanswered
LOOK_SECONDS = (0.02, 0.25)
"""How long, at first and at most, until the store is looked at again for a reply that others are fetching."""
TAKE_OVER_SECONDS = 2.0
GATHERING_SECONDS = 0.005
SWITCH_SECONDS = 0.001
"""How long a spec at work keeps the thread that sends and receives waiting; Python's own 5 ms idle the network."""


@dataclass(eq=False)
class Job:
    """One question on its way; ``future`` may be cancelled until its request begins."""

    keyed: Keyed
    future: Future[Answer] = field(default_factory=Future)


class Dispatcher:
    """Questions go in, futures come out. Cancelling a future abandons its question if it was not begun."""

    def __init__(self, model: Model, store: Store, limits: Limits, counts: Counts) -> None:
        self._model = model
        self._store = store
        self._limits = limits
        self._counts = counts
        self.concurrency = limits.concurrency or model.concurrency
        self._queue: deque[Job] = deque()
        self._elsewhere: dict[str, Job] = {}
        self._workers = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._store_thread = ThreadPoolExecutor(1, "rlhf-store") if store.backend.shared else None
        self._threads = ThreadPoolExecutor(self.concurrency, "rlhf-model") if model.blocking else None
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_SECONDS))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="rlhf-asking", daemon=True)
        self._thread.start()

    def submit(self, questions: Sequence[Keyed], first: bool = False) -> list[Future[Answer]]:
        """Queue questions behind those queued before, or in front of them."""
        jobs = [Job(keyed) for keyed in questions]
        self._loop.call_soon_threadsafe(self._enqueue, jobs, first)
        return [job.future for job in jobs]

    def close(self) -> None:
        """Abandon what is under way and end the thread."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        for pool in (self._store_thread, self._threads):
            if pool is not None:
                pool.shutdown(wait=pool is self._store_thread, cancel_futures=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._budget = Budget(self._limits, self._counts)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    async def _shut_down(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in (*self._queue, *self._elsewhere.values()):
            job.future.cancel()
        closing = self._model.close()
        if closing is not None:
            await closing

    def _enqueue(self, jobs: list[Job], first: bool) -> None:
        if first:
            self._queue.extendleft(reversed(jobs))
        else:
            self._queue.extend(jobs)
        self._staff()

    def _staff(self) -> None:
        """As many workers as there is work for, up to the concurrency."""
        wanted = min(self.concurrency, -(-len(self._queue) // self._model.batch) + self._workers)
        for _ in range(wanted - self._workers):
            self._workers += 1
            self._start(self._work())

    def _start(self, coroutine: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            if self._model.batch > 1:
                await asyncio.sleep(GATHERING_SECONDS)
            while jobs := self._next():
                await self._carry_out(jobs)
        finally:
            self._workers -= 1

    def _next(self) -> list[Job]:
        jobs: list[Job] = []
        while self._queue and len(jobs) < self._model.batch:
            job = self._queue.popleft()
            if job.future.running() or job.future.set_running_or_notify_cancel():
                jobs.append(job)
        return jobs

    async def _carry_out(self, jobs: list[Job]) -> None:
        by_key = {job.keyed.key: job for job in jobs}
        try:
            taken = await self._in_store(lambda: self._store.take(list(by_key)))
            for key, reply in taken.found.items():
                by_key.pop(key).future.set_result(reply)
            for key in by_key.keys() - taken.mine:
                self._wait_for_others(by_key.pop(key))
            if by_key:
                await self._ask(by_key)
        except BaseException as error:
            with contextlib.suppress(UserError):
                self._store.release(list(by_key))
            for job in by_key.values():
                if not job.future.done():
                    job.future.set_exception(error)
            if not isinstance(error, Exception):
                raise

    async def _ask(self, jobs: dict[str, Job]) -> None:
        answers: Sequence[Answer] = ()
        try:
            replies = await self._replies([job.keyed.question for job in jobs.values()])
            pairs = [(job.keyed, reply) for job, reply in zip(jobs.values(), replies, strict=True)]
            await self._in_store(lambda: self._store.keep(pairs))
            answers = replies
        except (TransientFault, BudgetSpent) as error:
            answers = [Unanswered(str(error))] * len(jobs)
            await self._in_store(lambda: self._store.release(list(jobs)))
        for job, answer in zip(jobs.values(), answers, strict=True):
            job.future.set_result(answer)

    async def _replies(self, questions: list[Question]) -> Sequence[Reply]:
        """The model's replies. Raises TransientFault when every try failed."""
        try:
            return await self._once(questions)
        except TransientFault as fault:
            failed: list[TransientFault] = [fault]

        async def again() -> Sequence[Reply]:
            # The policy is built only for what failed, since it costs more than a quick request;
            # its first try is the one that has failed already.
            if failed:
                raise failed.pop()
            return await self._once(questions)

        return await retrying_async(self._limits, self._counts)(again)

    async def _once(self, questions: list[Question]) -> Sequence[Reply]:
        await self._budget.await_turn(questions)
        self._budget.spend()
        self._counts.in_flight += 1
        try:
            async with asyncio.timeout(self._limits.request_timeout):
                if self._threads is not None:
                    found = await self._loop.run_in_executor(self._threads, self._model.answer, questions)
                    return cast(Sequence[Reply], found)
                return await cast(Awaitable[Sequence[Reply]], self._model.answer(questions))
        except TimeoutError:
            seconds = self._limits.request_timeout
            raise TransientFault(f"{self._model.name}: no answer within {seconds:g} s") from None
        finally:
            self._counts.in_flight -= 1

    async def _in_store(self, action: Callable[[], T]) -> T:
        if self._store_thread is None:
            return action()
        return await self._loop.run_in_executor(self._store_thread, action)

    def _wait_for_others(self, job: Job) -> None:
        self._elsewhere[job.keyed.key] = job
        if len(self._elsewhere) == 1:
            self._start(self._watch_elsewhere())

    async def _watch_elsewhere(self) -> None:
        """Look for replies that other processes are fetching; take over what nobody fetches any more."""
        pause, longest = LOOK_SECONDS
        since_taking = 0.0
        while self._elsewhere:
            await asyncio.sleep(pause)
            since_taking += pause
            pause = min(pause * 1.5, longest)
            found = await self._in_store(lambda: self._store.find(list(self._elsewhere)))
            for key, reply in found.items():
                self._elsewhere.pop(key).future.set_result(reply)
            if since_taking >= TAKE_OVER_SECONDS and self._elsewhere:
                since_taking = 0.0
                await self._take_over()

    async def _take_over(self) -> None:
        some = list(self._elsewhere)[: self.concurrency]
        taken = await self._in_store(lambda: self._store.take(some))
        for key, reply in taken.found.items():
            self._elsewhere.pop(key).future.set_result(reply)
        self._queue.extendleft([self._elsewhere.pop(key) for key in taken.mine])
        self._staff()
