"""What must hold over a whole exchange, in words of time: always, never, before, after, until, within.

A rule is made of events (``shows("escalation")``, ``calls("notify_triage")``) and judges an exchange with
evidence: ``assert always(shows("escalation"), since=shows("escalation"))(exchange)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pytest_rlhfstress.dialogue.events import Event, Moment
from pytest_rlhfstress.dialogue.values import Exchange, Turn
from pytest_rlhfstress.errors import UserError

SHOWN = 80


@dataclass(frozen=True)
class Judgement:
    """Whether an exchange keeps a rule; ``evidence`` says in which turns, and with which words, it does not."""

    rule: str
    evidence: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.evidence

    def __repr__(self) -> str:
        return f"<{self.rule}: {'kept' if self else '; '.join(self.evidence)}>"


@dataclass(frozen=True)
class Rule:
    """A sentence about exchanges. Call it with one for a Judgement, which is false where the sentence is."""

    sentence: str
    broken: Callable[[Exchange], list[str]]

    def __call__(self, exchange: Exchange) -> Judgement:
        """Judge; the exchange remembers it, so that a report can show the evidence."""
        judgement = Judgement(self.sentence, tuple(self.broken(exchange)))
        exchange.judged.append(judgement)
        return judgement

    def __repr__(self) -> str:
        return self.sentence


def always(event: Event, *, when: Event | None = None, since: Event | None = None, until: Event | None = None) -> Rule:
    """``event`` happens in every turn: in those in which ``when`` happens, from the first ``since`` on, before the
    first ``until`` after that.
    """

    def broken(exchange: Exchange) -> list[str]:
        event.check(exchange)
        missing = [t for t in _turns(exchange, when, since, until) if not event.moments(t)]
        return [f"turn {t.number}: missing: {event.name}{_answered(t)}" for t in missing]

    return Rule(f"always {event.name}{_scope(when, since, until)}", broken)


def never(event: Event, *, when: Event | None = None, since: Event | None = None, until: Event | None = None) -> Rule:
    """``event`` happens in no turn of the same scope as that of ``always``."""

    def broken(exchange: Exchange) -> list[str]:
        event.check(exchange)
        return _first_of_each(event.moments(t) for t in _turns(exchange, when, since, until))

    return Rule(f"never {event.name}{_scope(when, since, until)}", broken)


def until(event: Event, end: Event) -> Rule:
    """``event`` happens in every turn before the first in which ``end`` happens, in all of them if it never does."""
    return Rule(f"{event.name} until {end.name}", always(event, until=end).broken)


def before(first: Event, then: Event, *, when: Event | None = None) -> Rule:
    """``then`` does not happen (in turns in which ``when`` does) unless ``first`` happened before, in the dialogue."""

    def broken(exchange: Exchange) -> list[str]:
        _check(exchange, first, then)
        firsts = [m.at for t in exchange.turns for m in first.moments(t)]
        earliest = min(firsts, default=None)
        later = [then.moments(t) for t in _turns(exchange, when, None, None)]
        return _first_of_each([m for m in found if earliest is None or m.at < earliest] for found in later)

    return Rule(f"{first.name} before {then.name}{_scope(when, None, None)}", broken)


def after(first: Event, then: Event) -> Rule:
    """Once ``first`` has happened, ``then`` happens after it, in that turn or a later one."""

    def broken(exchange: Exchange) -> list[str]:
        _check(exchange, first, then)
        start = min((m.at for t in exchange.turns for m in first.moments(t)), default=None)
        if start is None or any(m.at > start for t in exchange.turns for m in then.moments(t)):
            return []
        last = exchange.turns[-1]
        return [f"turn {start[0]}: {first.name}; missing until the end: {then.name}{_answered(last)}"]

    return Rule(f"{then.name} after {first.name}", broken)


def within(turns: int, event: Event, *, of: Event) -> Rule:
    """Whenever ``of`` begins to happen, ``event`` happens within so many turns, that turn counted as the first.

    Where the dialogue ends sooner nothing is broken yet, unless it ends because its last turn calls tools without
    end: then no answer will come. Raises UserError for less than one turn.
    """
    if turns < 1:
        raise UserError(f"within({turns}, ...): write 1 for the same turn, 2 for that or the next, and so on")

    def broken(exchange: Exchange) -> list[str]:
        _check(exchange, event, of)
        found = []
        for at, turn in enumerate(exchange.turns):
            begins = of.moments(turn) and (at == 0 or not of.moments(exchange.turns[at - 1]))
            window = exchange.turns[at : at + turns]
            over = len(window) == turns or window[-1].endless
            if begins and over and not any(event.moments(t) for t in window):
                found.append(f"turn {window[-1].number}: still missing: {event.name}{_answered(window[-1])}")
        return found

    return Rule(f"{event.name} within {turns} turn{'s' * (turns != 1)} of {of.name}", broken)


def _check(exchange: Exchange, *events: Event | None) -> None:
    for event in events:
        if event is not None:
            event.check(exchange)


def _turns(exchange: Exchange, when: Event | None, since: Event | None, until: Event | None) -> list[Turn]:
    _check(exchange, when, since, until)
    turns = list(exchange.turns)
    if since is not None:
        turns = turns[next((at for at, t in enumerate(turns) if since.moments(t)), len(turns)) :]
    if until is not None:
        turns = turns[: next((at for at, t in enumerate(turns) if until.moments(t)), len(turns))]
    return [t for t in turns if when is None or when.moments(t)]


def _first_of_each(turns: Iterable[Sequence[Moment]]) -> list[str]:
    """One line for each turn in which something happened."""
    return [found[0].told for found in turns if found]


def _scope(when: Event | None, since: Event | None, until: Event | None) -> str:
    named = (("when", when), ("since", since), ("until", until))
    return "".join(f", {word} {event.name}" for word, event in named if event is not None)


def _answered(turn: Turn) -> str:
    text = " ".join(turn.reply.text.split()) or "(no text)"
    return f"; it says »{text if len(text) <= SHOWN else text[:SHOWN] + '...'}«"


__all__ = ["Judgement", "Moment", "Rule", "after", "always", "before", "never", "until", "within"]
