"""A dialogue as drawn, the user's side of it, and an exchange: what came of it. Frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from pytest_rlhfstress.conversation import Case, Ingredient, Message, Printer, Reply, ToolCall, with_reading
from pytest_rlhfstress.errors import UserError

if TYPE_CHECKING:
    from pytest_rlhfstress.conversation import Reading
    from pytest_rlhfstress.dialogue.rules import Judgement
    from pytest_rlhfstress.suites import Suite

OPENING = "opening"
"""The name of a dialogue's first move."""


@dataclass(frozen=True)
class Move:
    """One turn of the user: ``says``, or ``otherwise`` where the reply before did not show ``reacts_to``.

    ``facts`` are what is true once it is said, ``safe_reply`` the suite's reference answer then.
    """

    name: str
    says: str
    reacts_to: str = ""
    otherwise: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)
    safe_reply: str = ""

    def said_after(self, reply: Reply | None) -> str:
        """What the user says after ``reply``."""
        if not self.reacts_to or reply is None or reply.shows(self.reacts_to):
            return self.says
        return self.otherwise


class DialogueComposer(Protocol):
    """What can build a dialogue again from some of its ingredients."""

    def compose(self, ingredients: tuple[Ingredient, ...]) -> Dialogue:
        """The dialogue those ingredients make."""
        ...


@dataclass(frozen=True)
class Dialogue:
    """The user's side of a dialogue, a move for each turn, with its ground truth.

    ``case`` holds what is mixed in and what is true at its end; its messages are the system prompt alone.
    """

    case: Case
    moves: tuple[Move, ...]
    composer: DialogueComposer | None = field(default=None, compare=False, repr=False)

    @property
    def ingredients(self) -> tuple[Ingredient, ...]:
        """What is mixed in, the moves in the order of their turns."""
        return self.case.ingredients

    @property
    def urgency(self) -> str:
        """The fact ``urgency`` at the end."""
        return self.case.urgency

    @property
    def family(self) -> str:
        """The class of prompts it belongs to."""
        return self.case.family

    @property
    def text(self) -> str:
        """What the user says in all turns, where nothing reacts otherwise."""
        return "\n".join(move.says for move in self.moves)

    def has(self, category: str) -> bool:
        """Whether an ingredient of ``category`` was mixed in."""
        return self.case.has(category)

    def names(self, category: str) -> tuple[str, ...]:
        """The names of the ingredients of ``category``."""
        return self.case.names(category)

    def without(self, *categories: str) -> Dialogue:
        """Its twin with the ingredients of ``categories`` left out.

        Raises UserError where the dialogue was written by hand.
        """
        if self.composer is None:
            raise UserError("this dialogue was written by hand; only one drawn from a suite has twins")
        return self.composer.compose(tuple(i for i in self.ingredients if i.category not in categories))

    def case_at(self, move: Move, messages: tuple[Message, ...]) -> Case:
        """The conversation up to a move as a case, with what is true then."""
        return replace(self.case, messages=messages, facts=move.facts, safe_reply=move.safe_reply)

    def as_said(self) -> Case:
        """The script as a conversation of the user alone, where nothing reacts otherwise."""
        said = (Message("user", move.says) for move in self.moves)
        return self.case_at(self.moves[-1], (*self.case.messages, *said))

    def __repr__(self) -> str:
        said = " / ".join(repr(move.says) for move in self.moves)
        names = ", ".join(map(str, self.ingredients)) or "nothing mixed in"
        facts = ", ".join(f"{k}={v}" for k, v in self.case.facts.items())
        return f"Dialogue({said}  [{names}; {facts}; locale={self.case.locale}])"

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:
        """The same in Hypothesis's output."""
        printer.text(repr(self))


@dataclass(frozen=True)
class ToolUse:
    """One call of a tool and what was answered.

    ``arguments`` is None where the model wrote no JSON object; ``problem`` says what is wrong with the call (no
    such tool, no JSON, not what the tool's schema wants); ``failed`` whether the tool then did nothing.
    """

    call: ToolCall
    answer: str
    arguments: Mapping[str, object] | None = field(default=None, hash=False)
    problem: str = ""
    failed: bool = False

    @property
    def name(self) -> str:
        """The tool called."""
        return self.call.name

    def __str__(self) -> str:
        return f"{self.call.name}({self.call.arguments})"


@dataclass(frozen=True)
class Step:
    """One reply within a turn and the tools it called."""

    reply: Reply
    uses: tuple[ToolUse, ...] = ()


@dataclass(frozen=True)
class Turn:
    """One turn, counted from 1: what the user said, and what the assistant did until it waited for the user.

    ``facts`` are what is true of all that was said until then; ``endless``: it called tools until it was stopped.
    """

    number: int
    move: str
    said: str
    facts: Mapping[str, str] = field(hash=False)
    steps: tuple[Step, ...]
    endless: bool = False
    reading: Reading | None = field(default=None, compare=False, repr=False)

    @cached_property
    def reply(self) -> Reply:
        """Everything it wrote in this turn as one reply, with all its tool calls."""
        last = self.steps[-1].reply
        calls = tuple(call for step in self.steps for call in step.reply.tool_calls)
        whole = replace(last, text=written_in(self.steps), tool_calls=calls)
        return whole if self.reading is None else with_reading(whole, self.reading)

    @property
    def uses(self) -> tuple[ToolUse, ...]:
        """The tools called, in order."""
        return tuple(use for step in self.steps for use in step.uses)

    def step_at(self, offset: int) -> int:
        """The step that wrote the character at ``offset`` of the reply."""
        end = 0
        for number, step in enumerate(self.steps):
            end += len(step.reply.text) + len(BETWEEN) if step.reply.text else 0
            if offset < end:
                return number
        return len(self.steps) - 1


BETWEEN = "\n\n"
"""What stands between the texts of one turn."""


def written_in(steps: Sequence[Step]) -> str:
    """Everything the assistant wrote in the steps of one turn."""
    return BETWEEN.join(step.reply.text for step in steps if step.reply.text)


@dataclass(frozen=True)
class Exchange:
    """A dialogue carried out: its turns, and all its messages, the last reply among them.

    The last message is what the assistant wrote last; after an endless turn, what the last tool answered. ``tools``
    are the names of the tools offered; ``judged`` gathers what rules found here; ``suite`` is the one whose moves,
    facts and signals they may name, None for an exchange written by hand.
    """

    dialogue: Dialogue
    turns: tuple[Turn, ...]
    messages: tuple[Message, ...]
    tools: tuple[str, ...] = ()
    judged: list[Judgement] = field(default_factory=list, compare=False, repr=False)
    suite: Suite | None = field(default=None, compare=False, repr=False)

    @property
    def uses(self) -> tuple[ToolUse, ...]:
        """Every tool call of the dialogue, in order."""
        return tuple(use for turn in self.turns for use in turn.uses)

    @property
    def endless(self) -> bool:
        """Whether a turn called tools until it was stopped."""
        return any(turn.endless for turn in self.turns)

    @property
    def cut_short(self) -> str:
        """Why moves of the script were never made, after a turn that called tools without end; else ""."""
        made, wanted = len(self.turns), len(self.dialogue.moves)
        if not self.endless or made == wanted:
            return ""
        return f"turn {made} of {wanted} called tools without end, so that what the user says next was never said"

    def read_by(self, watched: Callable[[Reading], Reading]) -> Exchange:
        """The same with each turn's reading wrapped."""
        turns = (replace(t, reading=watched(t.reading)) if t.reading is not None else t for t in self.turns)
        return replace(self, turns=tuple(turns))
