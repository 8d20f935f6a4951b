"""Exchanges written by hand: what the user said, what is true, what the assistant wrote and called."""

from dataclasses import dataclass

from pytest_rlhfstress import Case, Dialogue, Exchange, Message, Move, Reply, Span, ToolCall, ToolUse, Turn
from pytest_rlhfstress.dialogue import Step


@dataclass(frozen=True)
class Words:
    """A reading in which a signal is shown by its own name in capitals."""

    text: str

    def evidence(self, signal):
        at = self.text.find(signal.upper())
        return (Span(at, at + len(signal), signal.upper()),) if at >= 0 else ()


def use(name, arguments="{}", problem="", failed=False):
    return ToolUse(ToolCall("1", name, arguments), "{}", {}, problem, failed)


def turn(number, *steps, move="says", urgency="routine", endless=False):
    """Each step is a text, or a text and the tools called after it."""
    made = tuple(Step(Reply(s)) if isinstance(s, str) else Step(Reply(s[0]), tuple(s[1:])) for s in steps)
    text = "\n\n".join(s.reply.text for s in made if s.reply.text)
    return Turn(number, move, f"message {number}", {"urgency": urgency}, made, endless, Words(text))


def exchange(*turns, tools=("triage", "book")):
    case = Case("hand", (Message("system", "s"),), (), {"urgency": "routine"}, "US", "general")
    moves = tuple(Move(t.move, t.said, facts=t.facts) for t in turns)
    return Exchange(Dialogue(case, moves), turns, (), tools)
