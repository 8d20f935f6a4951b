"""Carrying a dialogue out, turn by turn, with the tools the assistant calls in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_rlhfstress.conversation import Case, Message, Reading, Reply
from pytest_rlhfstress.dialogue.toolsets import Toolset, carried_out, sendable
from pytest_rlhfstress.dialogue.values import Dialogue, Exchange, Move, Step, ToolUse, Turn, written_in
from pytest_rlhfstress.suites import Entry, Suite, Tool

MOST_STEPS = 6
"""How often the assistant may answer one message of the user with tool calls before it is stopped."""

AskTurn = Callable[[Case, Sequence[Tool]], Reply]
"""Gets the next reply of a conversation in which some tools are offered."""


class Conversing:
    """One dialogue while it is carried out: every question is a case holding the conversation so far."""

    def __init__(self, dialogue: Dialogue, suite: Suite, toolset: Toolset, ask: AskTurn) -> None:
        self._dialogue = dialogue
        self._suite = suite
        self._toolset = toolset
        self._tools = tuple(toolset.tools.values())
        self._faults = [suite.entry("fault", name) for name in dialogue.names("fault")]
        self._ask = ask
        self._messages = _briefed(dialogue.case.messages, suite, dialogue.case.locale, self._tools)
        self._uses: list[ToolUse] = []

    def carried_out(self) -> Exchange:
        """The exchange; it ends early at a turn that calls tools without end."""
        turns: list[Turn] = []
        for number, move in enumerate(self._dialogue.moves, 1):
            said = move.said_after(turns[-1].reply if turns else None)
            self._messages += (Message("user", said),)
            steps, endless = self._answered(move)
            turns.append(Turn(number, move.name, said, move.facts, steps, endless, self._reading(steps)))
            if endless:
                break
        offered = tuple(self._toolset.tools)
        return Exchange(self._dialogue, tuple(turns), self._messages, offered, suite=self._suite)

    def _answered(self, move: Move) -> tuple[tuple[Step, ...], bool]:
        steps: list[Step] = []
        while len(steps) < MOST_STEPS:
            reply = self._ask(self._dialogue.case_at(move, self._messages), self._tools)
            uses = self._carry_out(reply, self._faults)
            steps.append(Step(reply, uses))
            calls = tuple(map(sendable, uses))
            self._messages += (Message("assistant", reply.text, calls),)
            if not uses:
                return tuple(steps), False
            self._messages += tuple(Message("tool", use.answer, tool_call_id=use.call.id) for use in uses)
        return tuple(steps), True

    def _carry_out(self, reply: Reply, faults: Sequence[Entry]) -> tuple[ToolUse, ...]:
        found = []
        for call in reply.tool_calls:
            use = carried_out(call, self._toolset, faults, self._uses)
            self._uses.append(use)
            found.append(use)
        return tuple(found)

    def _reading(self, steps: tuple[Step, ...]) -> Reading:
        return self._suite.signals.reading(written_in(steps), self._dialogue.case.locale)


def _briefed(messages: tuple[Message, ...], suite: Suite, locale: str, tools: Sequence[Tool]) -> tuple[Message, ...]:
    """The system prompt, with the suite's briefing where its own tools are offered."""
    if suite.briefing is None or not any(tool in suite.tools for tool in tools):
        return messages
    briefing = suite.briefing.render({"locale": suite.locale_values(locale), "records": suite.records})
    system = "\n".join([*(m.content for m in messages if m.role == "system"), briefing])
    return (Message("system", system), *(m for m in messages if m.role != "system"))
