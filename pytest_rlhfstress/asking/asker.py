"""Asks one model: each distinct question once, what is missing together, everything through the store."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from pytest_rlhfstress.asking.dispatcher import Dispatcher
from pytest_rlhfstress.asking.here import Here
from pytest_rlhfstress.asking.limits import Limits
from pytest_rlhfstress.asking.outcome import Counts, Unanswered
from pytest_rlhfstress.asking.store import Keyed, Store
from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Model, Question
from pytest_rlhfstress.models.faults import PermanentFault

Answer = Reply | Unanswered
NAMED_AT_MOST = 3
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
        self._accounted: set[str] = set()
        self._refused: PermanentFault | None = None

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
    def together(self) -> bool:
        """Whether asking several questions at once is any faster than asking one after another."""
        return self.concurrency * self.model.batch > 1

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """The replies, in order; those not stored are asked together.

        Raises UserError, in the provider's words, for a fault that no repetition mends; what was not
        begun by then is abandoned.
        """
        keyed = [Keyed.of(question, self.model.identity) for question in questions]
        futures = self.begin_keyed(keyed)
        try:
            answers = [future.result() for future in futures]
        except BaseException as error:
            for future in futures:
                future.cancel()
            if isinstance(error, PermanentFault):
                self._refused = error
            raise
        for one, answer in zip(keyed, answers, strict=True):
            self.settle(one, answer)
        return answers

    def stored(self, question: Question) -> Reply | None:
        """The reply there is already, without asking."""
        keyed = Keyed.of(question, self.model.identity)
        return self.store.find([keyed.key]).get(keyed.key)

    def begin_keyed(self, questions: Sequence[Keyed]) -> list[Future[Answer]]:
        """A future for each question: done where the reply is stored or known to be missing, else being asked."""
        futures = dict(self._known({q.key for q in questions}))
        missing = {q.key: q for q in questions if q.key not in futures}
        if missing:
            self._may_ask(list(missing.values()))
            begun = self._door().submit(list(missing.values()))
            new = dict(zip(missing, begun, strict=True))
            self._under_way.update(new)
            futures.update(new)
        return [futures[q.key] for q in questions]

    def settle(self, keyed: Keyed, answer: Answer) -> None:
        """Take note of an answer that has come."""
        self._under_way.pop(keyed.key, None)
        if isinstance(answer, Unanswered):
            self._unanswered[keyed.key] = answer
        elif keyed.key not in self._accounted and not answer.text and not answer.tool_calls:
            self._notice(f"the model {self.model.name} returned an empty reply")
        self._accounted.add(keyed.key)

    def close(self) -> None:
        """Abandon what is under way; close the model and the store."""
        if self._asking is not None:
            self._asking.close()
        self.store.close()

    def _known(self, keys: set[str]) -> dict[str, Future[Answer]]:
        known = {k: self._under_way[k] for k in keys if k in self._under_way and not self._under_way[k].cancelled()}
        known.update({k: _done(self._unanswered[k]) for k in keys if k in self._unanswered})
        found = self.store.find(keys - known.keys())
        self.from_store += len(found.keys() - self._accounted)
        known.update({key: _done(reply) for key, reply in found.items()})
        return known

    def _may_ask(self, missing: Sequence[Keyed]) -> None:
        if self._refused is not None:
            raise self._refused
        if self.store.record_mode == "none":
            said = [repr(q.question.messages[-1].content[:200]) for q in missing[:NAMED_AT_MOST]]
            more = f" and {len(missing) - len(said)} more" if len(missing) > len(said) else ""
            raise UserError(
                f"--rlhf-record-mode=none, and the store has no reply of {self.model.name} to "
                f"{', '.join(said)}{more}; record it once with --rlhf-record-mode=once"
            )

    def _door(self) -> Dispatcher | Here:
        if self._asking is None:
            kind = Here if self.model.blocking and self.concurrency == 1 else Dispatcher
            self._asking = kind(self.model, self.store, self.limits, self.counts)
        return self._asking

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)


def _done(answer: Answer) -> Future[Answer]:
    future: Future[Answer] = Future()
    future.set_result(answer)
    return future
