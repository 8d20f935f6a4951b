"""What a spec calls as ``model_under_test``: asks the assistant and has the suite read its reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Case, Message, Reply, with_reading
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.running.attempt import Exchange
from pytest_rlhfstress.running.spec_run import SpecRun, Unjudged

if TYPE_CHECKING:
    from pytest_rlhfstress.asking import Unanswered
    from pytest_rlhfstress.models import Question
    from pytest_rlhfstress.suites import Suite

Asked = Case | str | Sequence[Message | Mapping[str, object]]
ROLES = ("system", "user", "assistant", "tool")


class ModelUnderTest:
    """The assistant, bound to one spec."""

    def __init__(
        self, name: str, ask: Callable[[Question], Reply | Unanswered], spec: SpecRun, suite: Suite | None
    ) -> None:
        self.name = name
        self._ask = ask
        self._spec = spec
        self._suite = suite

    def __call__(self, asked: Asked) -> Reply:
        """The reply to a case, a message, or a conversation (messages or ``{"role", "content"}`` mappings).

        The reply of a case is read with its suite's signals in its locale; any other with those of the
        one suite in use. Raises UserError for what is no conversation.
        """
        from pytest_rlhfstress.models import Question

        case = asked if isinstance(asked, Case) else None
        messages = case.messages if case is not None else _messages(asked)
        suite = self._suite_of(case)
        answer = self._ask(Question(messages, suite.tools if suite else (), sample=self._spec.sample))
        if not isinstance(answer, Reply):
            raise self._unanswered(answer.reason)
        attempt = self._spec.attempt
        self._spec.hearing.note(messages, self._spec.sample, answer)
        if suite is not None:
            locale = case.locale if case is not None else suite.locale
            answer = with_reading(answer, attempt.watched(suite.signals.reading(answer.text, locale)))
        attempt.exchanges.append(Exchange(case, messages, answer))
        return answer

    def __repr__(self) -> str:
        return f"model_under_test({self.name})"

    def _suite_of(self, case: Case | None) -> Suite | None:
        if case is None:
            return self._suite
        composer = case.composer
        found = getattr(composer, "suite", None)
        return found if found is not None else self._suite

    def _unanswered(self, reason: str) -> BaseException:
        self._spec.attempt.unanswered = reason
        if not self._spec.searching:
            return self._spec.stop(f"unanswered: {reason}")
        return Unjudged(reason)


def _messages(asked: Asked) -> tuple[Message, ...]:
    if isinstance(asked, str):
        return (Message("user", asked),)
    if not isinstance(asked, Sequence) or not asked:
        raise UserError(f"model_under_test({asked!r}): give a case, a text, or a list of messages")
    return tuple(_message(turn) for turn in asked)


def _message(turn: object) -> Message:
    if isinstance(turn, Message):
        return turn
    if isinstance(turn, Mapping):
        role, content = turn.get("role"), turn.get("content")
        if role in ROLES and isinstance(content, str):
            return Message(role, content)
    raise UserError(f"model_under_test: {turn!r} is no message; write {{'role': 'user', 'content': '...'}}")
