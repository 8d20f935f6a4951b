"""What a spec calls as ``model_under_test``: asks the assistant and has the suite read its reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, overload

from pytest_rlhfstress.conversation import Case, Message, Reply, with_reading
from pytest_rlhfstress.dialogue import Conversing, Dialogue, Exchange, OwnTools, SuiteTools
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import message_from
from pytest_rlhfstress.running.attempt import Answered
from pytest_rlhfstress.running.spec_run import SpecRun, Unjudged

if TYPE_CHECKING:
    from pytest_rlhfstress.asking import Unanswered
    from pytest_rlhfstress.models import Question
    from pytest_rlhfstress.suites import Suite, Tool

Asked = Case | str | Sequence[Message | Mapping[str, object]]
OwnFunctions = Sequence[Callable[..., object]]


class ModelUnderTest:
    """The assistant, bound to one spec."""

    def __init__(
        self, name: str, ask: Callable[[Question], Reply | Unanswered], spec: SpecRun, suite: Suite | None
    ) -> None:
        self.name = name
        self._ask = ask
        self._spec = spec
        self._suite = suite

    @overload
    def __call__(self, asked: Dialogue, tools: OwnFunctions | None = None) -> Exchange: ...

    @overload
    def __call__(self, asked: Asked, tools: OwnFunctions | None = None) -> Reply: ...

    def __call__(self, asked: Asked | Dialogue, tools: OwnFunctions | None = None) -> Reply | Exchange:
        """The reply to a case, a message, or a conversation (messages or ``{"role", "content"}`` mappings).

        The reply of a case is read with its suite's signals in its locale; any other with those of the
        one suite in use. A dialogue is carried out turn by turn, with ``tools`` (functions of your own), else
        with the suite's tools; no tools are offered for a single reply unless they are given here, and
        nobody answers them there. Raises UserError for what is no conversation.
        """
        if isinstance(asked, Dialogue):
            return self._carry_out(asked, tools)
        case = asked if isinstance(asked, Case) else None
        messages = case.messages if case is not None else _messages(asked)
        offered = tuple(OwnTools(tools).tools.values()) if tools else ()
        reply = self._reply(case, messages, offered)
        return reply if reply.reading is None else with_reading(reply, self._spec.attempt.watched(reply.reading))

    def __repr__(self) -> str:
        return f"model_under_test({self.name})"

    def _carry_out(self, dialogue: Dialogue, functions: OwnFunctions | None) -> Exchange:
        suite = self._suite_of(dialogue.case)
        if suite is None:
            raise UserError("model_under_test(dialogue): no suite is in use that could read its replies")
        toolset = SuiteTools(suite) if functions is None else OwnTools(functions)
        ask = lambda case, tools: self._reply(case, case.messages, tools)  # noqa: E731
        exchange = Conversing(dialogue, suite, toolset, ask).carried_out().read_by(self._spec.attempt.watched)
        self._spec.attempt.exchanges.append(exchange)
        return exchange

    def _reply(self, case: Case | None, messages: tuple[Message, ...], tools: Sequence[Tool]) -> Reply:
        from pytest_rlhfstress.models import Question

        question = Question(messages, tuple(tool.offered for tool in tools), sample=self._spec.sample)
        answer = self._ask(question)
        if not isinstance(answer, Reply):
            raise self._unanswered(answer.reason)
        self._spec.hearing.note(messages, self._spec.sample, answer)
        suite = self._suite_of(case)
        if suite is not None:
            locale = case.locale if case is not None else suite.locale
            answer = with_reading(answer, suite.signals.reading(answer.text, locale))
        self._spec.attempt.answered.append(Answered(case, messages, answer))
        return answer

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


def _messages(asked: object) -> tuple[Message, ...]:
    if isinstance(asked, str):
        return (Message("user", asked),)
    if not isinstance(asked, Sequence) or not asked:
        raise UserError(f"model_under_test({asked!r}): give a case, a dialogue, a text, or a list of messages")
    return tuple(turn if isinstance(turn, Message) else message_from(turn) for turn in asked)
