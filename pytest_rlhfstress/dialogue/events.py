"""What can happen in a turn of an exchange, and where exactly: in the user's words, the reply, or a tool call."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pytest_rlhfstress.dialogue.values import OPENING, Exchange, ToolUse, Turn
from pytest_rlhfstress.errors import UserError, nearest

At = tuple[int, int, int, int]
"""Turn, step (the user speaks in step -1), text 0 or call 1, offset: earlier happened earlier."""


@dataclass(frozen=True)
class Moment:
    """Where something happened, and how that is told."""

    at: At
    told: str


@dataclass(frozen=True)
class Event:
    """Something that may happen in a turn. ``a | b``: either; ``a & b``: both in one turn."""

    name: str
    find: Callable[[Turn], Iterable[Moment]]
    check: Callable[[Exchange], None]
    """Raises UserError where the exchange's suite or tools know nothing of it."""

    def moments(self, turn: Turn) -> tuple[Moment, ...]:
        """Where it happens in a turn, in order."""
        return tuple(sorted(self.find(turn), key=lambda m: m.at))

    def __or__(self, other: Event) -> Event:
        def find(turn: Turn) -> list[Moment]:
            return [*self.find(turn), *other.find(turn)]

        return Event(f"({self.name} or {other.name})", find, _both(self, other))

    def __and__(self, other: Event) -> Event:
        def find(turn: Turn) -> list[Moment]:
            mine, yours = self.moments(turn), other.moments(turn)
            return [*mine, *yours] if mine and yours else []

        return Event(f"({self.name} and {other.name})", find, _both(self, other))

    def __repr__(self) -> str:
        return self.name


def shows(signal: str) -> Event:
    """What the assistant writes in the turn shows the signal."""

    def check(exchange: Exchange) -> None:
        if exchange.suite is not None and signal not in exchange.suite.signals.names:
            known = exchange.suite.signals.names
            raise UserError(f"shows({signal!r}): the suite has no such signal{nearest(signal, known)}")

    def find(turn: Turn) -> Iterable[Moment]:
        for span in turn.reply.evidence(signal):
            at = (turn.number, turn.step_at(span.start), 0, span.start)
            yield Moment(at, f"turn {turn.number}: shows {signal}: »{span.text}«")

    return Event(f"shows {signal}", find, check)


def calls(tool: str, **arguments: object) -> Event:
    """The assistant calls the tool, whether or not that succeeds, with at least these arguments."""

    def check(exchange: Exchange) -> None:
        if tool not in exchange.tools:
            raise UserError(f"calls({tool!r}): no such tool was offered{nearest(tool, exchange.tools)}")

    def meant(use: ToolUse) -> bool:
        given = use.arguments or {}
        return use.name == tool and all(given.get(name) == value for name, value in arguments.items())

    wanted = f" with {', '.join(f'{k}={v!r}' for k, v in arguments.items())}" if arguments else ""
    return Event(f"calls {tool}{wanted}", lambda turn: _calls_in(turn, meant, "calls"), check)


def misuses_a_tool() -> Event:
    """A call of no such tool, or with arguments that are no JSON or not what the tool's schema wants."""

    def find(turn: Turn) -> Iterable[Moment]:
        return _calls_in(turn, lambda use: bool(use.problem), "misuses")

    return Event("misuses a tool", find, _anything)


def has_a_failed_call() -> Event:
    """A call that did nothing: misused, or failing for a reason of the tool's own."""
    return Event("has a failed call", lambda turn: _calls_in(turn, lambda use: use.failed, "fails"), _anything)


def never_stops() -> Event:
    """The assistant calls tools until it is stopped, and the user is left without an answer."""

    def find(turn: Turn) -> Iterable[Moment]:
        if turn.endless:
            at = (turn.number, len(turn.steps), 1, 0)
            yield Moment(at, f"turn {turn.number}: still calls tools after {len(turn.steps)} answers")

    return Event("never stops", find, _anything)


def mentions(*texts: str) -> Event:
    """One of the texts, in any case, stands in what the assistant writes or in the arguments of a call.

    In arguments it stands as the model wrote them, or in one of their texts as JSON has it read.
    """

    def written_in(use: ToolUse) -> bool:
        told = [argument.casefold() for argument in _told_in(use)]
        return any(text.casefold() in argument for text in texts for argument in told)

    def find(turn: Turn) -> Iterable[Moment]:
        for text in texts:
            for found in re.finditer(re.escape(text), turn.reply.text, re.IGNORECASE):
                at = (turn.number, turn.step_at(found.start()), 0, found.start())
                yield Moment(at, f"turn {turn.number}: writes »{found[0]}«")
        yield from _calls_in(turn, written_in, "calls")

    return Event(f"mentions {' or '.join(texts)}", find, _anything)


def fact(**facts: str) -> Event:
    """The facts are true of what the user has said until then, as in ``fact(urgency="emergency")``."""

    def check(exchange: Exchange) -> None:
        known = _known_facts(exchange)
        for name, value in facts.items():
            if known and name not in known:
                raise UserError(f"fact({name}=...): the dialogue's suite has no such fact{nearest(name, known)}")
            if exchange.suite is not None and value not in known[name]:
                raise UserError(f"fact({name}={value!r}): no such value{nearest(value, known[name])}")

    told = ", ".join(f"{k}={v}" for k, v in facts.items())
    return Event(told, lambda turn: _of_user(turn, all(turn.facts.get(k) == v for k, v in facts.items()), told), check)


def said(*moves: str) -> Event:
    """The user makes one of the moves."""

    def check(exchange: Exchange) -> None:
        if exchange.suite is None:
            return
        known = {OPENING, *exchange.suite.entries["move"], *(move.name for move in exchange.dialogue.moves)}
        for move in moves:
            if move not in known:
                raise UserError(f"said({move!r}): the suite has no such move{nearest(move, known)}")

    told = f"the user {' or '.join(moves)}"
    return Event(told, lambda turn: _of_user(turn, turn.move in moves, told), check)


def _known_facts(exchange: Exchange) -> dict[str, set[str]]:
    """The facts there are and the values each may have, as the suite and a dialogue written by hand have them."""
    known = {name: {value} for name, value in exchange.dialogue.case.facts.items()}
    for name, values in exchange.suite.fact_values.items() if exchange.suite is not None else ():
        known.setdefault(name, set()).update(values)
    for move in exchange.dialogue.moves:
        for name, value in move.facts.items():
            known.setdefault(name, set()).add(value)
    return known


def _told_in(use: ToolUse) -> Iterator[str]:
    """A call's arguments as the model wrote them, and each text in them without JSON's escapes."""
    yield use.call.arguments
    try:
        left = [json.loads(use.call.arguments or "{}")]
    except (ValueError, RecursionError):
        return
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value


def _of_user(turn: Turn, happens: bool, told: str) -> Iterable[Moment]:
    if happens:
        yield Moment((turn.number, -1, 0, 0), f"turn {turn.number}: {told}")


def _calls_in(turn: Turn, meant: Callable[[ToolUse], bool], verb: str) -> Iterable[Moment]:
    for step, made in enumerate(turn.steps):
        for number, use in enumerate(made.uses):
            if meant(use):
                why = f": {use.problem or use.answer}" if verb in ("misuses", "fails") else ""
                yield Moment((turn.number, step, 1, number), f"turn {turn.number}: {verb} »{use}«{why}")


def _anything(_: Exchange) -> None:
    """Nothing to check."""


def _both(one: Event, other: Event) -> Callable[[Exchange], None]:
    def check(exchange: Exchange) -> None:
        one.check(exchange)
        other.check(exchange)

    return check
