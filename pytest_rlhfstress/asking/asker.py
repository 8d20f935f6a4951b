"""Asks one model: each distinct question once, what is missing together, everything through the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future

from pytest_rlhfstress.asking.dispatcher import Dispatcher
from pytest_rlhfstress.asking.here import Here
from pytest_rlhfstress.asking.limits import Limits
from pytest_rlhfstress.asking.outcome import Counts, Unanswered
from pytest_rlhfstress.asking.seen import Seen
from pytest_rlhfstress.asking.store import Keyed, Store
from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Model, Question
from pytest_rlhfstress.models.faults import PermanentFault

Answer = Reply | Unanswered
NAMED_AT_MOST = 3
SHOWN_AT_MOST = 80
DEFAULT_LIMITS = Limits()


class Asker:
    """One per model and process. Its methods are called from one thread."""

    def __init__(self, model: Model, store: Store, limits: Limits = DEFAULT_LIMITS) -> None:
        self.model = model
        self.store = store
        self.limits = limits
        self.counts = Counts()
        self.from_store = 0
        self.notices: list[str] = []
        self._asking: Dispatcher | Here | None = None
        self._under_way: dict[str, Future[Answer]] = {}
        self._unanswered: dict[str, Unanswered] = {}
        self._accounted = Seen()
        self.refused: PermanentFault | None = None
        """What the provider said when it refused for good; nothing is asked after that."""

    @property
    def asked(self) -> int:
        """Requests really made, retries included."""
        return self.counts.asked

    @property
    def retries(self) -> int:
        """Requests made because an earlier one for the same question failed."""
        return self.counts.retries

    @property
    def unanswered(self) -> int:
        """Distinct questions that got no reply."""
        return len(self._unanswered)

    @property
    def concurrency(self) -> int:
        """Requests under way at once, at most."""
        return self.limits.concurrency or self.model.concurrency

    @property
    def capacity(self) -> int:
        """Questions under way at once, at most."""
        return self.concurrency * self.model.batch

    @property
    def together(self) -> bool:
        """Whether asking several questions at once is any faster than asking one after another."""
        return self.capacity > 1

    @property
    def _in_this_thread(self) -> bool:
        return self.model.blocking and self.concurrency == 1

    @property
    def ahead(self) -> int:
        """How many questions beyond the one that is waited for it is worth having begun."""
        return self.capacity if self._in_this_thread else 2 * self.capacity

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """The replies, in order; those not stored are asked together.

        Raises UserError, in the provider's words, for a fault that no repetition mends; what was not
        begun by then is abandoned.
        """
        keyed = [self.keyed(question) for question in questions]
        known = {one.key: answer for one in keyed if (answer := self.known(one)) is not None}
        missing = [one for one in keyed if one.key not in known]
        futures = self.begin(missing)
        try:
            known |= {one.key: self.result(one, future) for one, future in zip(missing, futures, strict=True)}
        except BaseException:
            self.abandon(futures)
            raise
        return [known[one.key] for one in keyed]

    def keyed(self, question: Question) -> Keyed:
        """The question with the key its reply is stored under."""
        return Keyed.of(question, self.model.identity)

    def known(self, keyed: Keyed) -> Answer | None:
        """The answer there is already, without asking or waiting."""
        if keyed.key in self._unanswered:
            return self._unanswered[keyed.key]
        under_way = self._under_way.get(keyed.key)
        if under_way is not None and not under_way.cancelled():
            return under_way.result() if under_way.done() and under_way.exception() is None else None
        found = self.store.find([keyed.key]).get(keyed.key)
        if found is not None and self._accounted.add(keyed.key):
            self.from_store += self.store.is_older(keyed.key)
        return found

    def is_under_way(self, keyed: Keyed) -> bool:
        """Whether the question is being asked, or waits to be."""
        return self._live(keyed.key) is not None

    def begin(self, unknown: Sequence[Keyed], first: bool = False) -> list[Future[Answer]]:
        """A future for each question that is not known: it is being asked, or shall be.

        They are asked in order, after those begun earlier, or before them where they come ``first``. Raises
        UserError where the record mode forbids asking, and what the provider said when it refuses for good.
        """
        missing = {one.key: one for one in unknown if self._live(one.key) is None}
        if missing:
            self._may_ask(list(missing.values()))
            begun = self._door().submit(list(missing.values()), first)
            self._under_way.update(zip(missing, begun, strict=True))
        return [self._under_way[one.key] for one in unknown]

    def result(self, keyed: Keyed, future: Future[Answer]) -> Answer:
        """The answer, waited for. Raises UserError where the model or its provider misbehaves."""
        try:
            answer = future.result()
        except PermanentFault as fault:
            self.refused = fault
            raise
        self._under_way.pop(keyed.key, None)
        new = self._accounted.add(keyed.key)
        if isinstance(answer, Unanswered):
            self._unanswered[keyed.key] = answer
        elif new:
            self._account_for(answer)
        return answer

    def abandon(self, futures: Iterable[Future[Answer]]) -> None:
        """Take back what was not begun yet."""
        for future in futures:
            future.cancel()
        self._under_way = {key: future for key, future in self._under_way.items() if not future.cancelled()}

    def close(self) -> None:
        """Abandon what is under way; close the model and the store."""
        if self._asking is not None:
            self._asking.close()
        self.store.close()

    def _account_for(self, reply: Reply) -> None:
        if not reply.text and not reply.tool_calls:
            self._notice(f"the model {self.model.name} returned an empty reply")
        if reply.usage is not None:
            self.counts.prompt_tokens += reply.usage.prompt_tokens
            self.counts.completion_tokens += reply.usage.completion_tokens

    def _live(self, key: str) -> Future[Answer] | None:
        future = self._under_way.get(key)
        return future if future is not None and not future.cancelled() else None

    def _may_ask(self, missing: Sequence[Keyed]) -> None:
        if self.refused is not None:
            raise self.refused
        if self.store.record_mode == "none":
            said = [repr(q.question.messages[-1].content[:SHOWN_AT_MOST]) for q in missing[:NAMED_AT_MOST]]
            more = f" and {len(missing) - len(said)} more" if len(missing) > len(said) else ""
            raise UserError(
                f"--rlhf-record-mode=none, and the store has no reply of {self.model.name} to "
                f"{', '.join(said)}{more}; record it once with --rlhf-record-mode=once"
            )

    def _door(self) -> Dispatcher | Here:
        if self._asking is None:
            kind = Here if self._in_this_thread else Dispatcher
            self._asking = kind(self.model, self.store, self.limits, self.counts)
        return self._asking

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)
