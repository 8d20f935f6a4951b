"""Cases, drawn: by Hypothesis to search for counterexamples, or independently to estimate rates."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeVar

from pytest_rlhfstress.conversation import Case, Ingredient
from pytest_rlhfstress.dialogue import Dialogue
from pytest_rlhfstress.stress_route.composing import SPEAKING, SuiteComposer
from pytest_rlhfstress.stress_route.dialogue_composing import DialogueComposer, Drawn, composer_of
from pytest_rlhfstress.stress_route.wanted import Slot, Wanted, Where, wanted, wanted_dialogues
from pytest_rlhfstress.suites import Suite, load_suite

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

COMPOSED = 1024
"""Cases kept of each strategy."""
MOST_TURNS = 4
"""The most turns of a dialogue unless a spec asks for more."""
Made = TypeVar("Made", Case, Dialogue)


def cases(suite: str | Path, **where: Where) -> SearchStrategy[Case]:
    """A Hypothesis strategy of the suite's cases.

    ``where`` narrows them: by category (``duty``, ``ambiguous``, ``hard_negative``, ``intent``,
    ``pressure``, ``attack``, ``shift``, ``placement``) with a name, a list of names, True (at least one)
    or None (none of it); by a fact (``urgency="emergency"``); by ``locale`` or ``family``.
    Raises UserError for an unknown suite, keyword or value, with the nearest name.
    """
    request = wanted(load_suite(suite), where)
    return _strategy(request, SuiteComposer(request.suite, request.locale).compose)


def dialogues(suite: str | Path, *, turns: int = MOST_TURNS, **where: Where) -> SearchStrategy[Dialogue]:
    """A Hypothesis strategy of the suite's dialogues, of at most ``turns`` turns of the user.

    ``where`` narrows them as it does ``cases``, and by ``move`` and ``fault``. Attacks, shifts, placements and
    faults are mixed in only where they are named. Each dialogue is drawn up front, so that it can be asked a
    turn at a time together with others, and shrinks to the fewest turns. Raises UserError as ``cases`` does.
    """
    request = wanted_dialogues(load_suite(suite), where, turns)
    return _strategy(request, DialogueComposer(request.suite, request.locale).compose)


def _strategy(request: Wanted, make: Callable[[tuple[Ingredient, ...]], Made]) -> SearchStrategy[Made]:
    """What a request draws.

    Presence and content of every slot are drawn apart and always both, so that the shrinker can drop
    each ingredient on its own and nothing drawn early decides what is drawn later.
    """
    from hypothesis import strategies as st

    # A spec and its rehearsal draw the same cases.
    compose = lru_cache(maxsize=COMPOSED)(make)
    slots = [_slot_strategy(slot) for slot in request.slots]
    strategy = st.tuples(*slots).map(lambda drawn: compose(mixed(request, drawn)))
    _requests[id(strategy)] = (strategy, request)
    return strategy


_requests: dict[int, tuple[object, Wanted]] = {}


def request_of(strategy: object) -> Wanted | None:
    """The request a strategy was made from by ``cases``, or None for any other strategy."""
    known = _requests.get(id(strategy))
    return known[1] if known is not None and known[0] is strategy else None


SlotDrawn = tuple[int, Ingredient]
"""How a slot was drawn: 0 to 3 for its presence, and its content whether present or not."""


def _slot_strategy(slot: Slot) -> SearchStrategy[SlotDrawn]:
    from hypothesis import strategies as st

    return st.tuples(st.integers(0, 3), st.sampled_from(slot.options))


def mixed(request: Wanted, drawn: Sequence[SlotDrawn]) -> tuple[Ingredient, ...]:
    """The ingredients of a draw. A message that would say nothing says its first drawn intent or matter.

    What must be there gives way, when drawn as absent, to another of its category: else the shrinker could not
    drop the first of two when the second is the one that matters.
    """
    pairs = list(zip(request.slots, drawn, strict=True))
    filled = [(slot, presence, content) for slot, (presence, content) in pairs if presence >= 4 - slot.quarters]
    doubled = {content.category for slot, _, content in filled if not slot.required}
    chosen = [i for slot, presence, i in filled if not (slot.required and presence == 0 and i.category in doubled)]
    if not any(i.category in SPEAKING for i in chosen):
        spare = [content for category in SPEAKING for _, (_, content) in pairs if content.category == category]
        chosen += spare[:1]
    return tuple(chosen)


def sample_cases(suite: Suite, count: int, seed: int, **where: Where) -> Iterator[Case]:
    """``count`` independent, identically distributed cases, the same for the same seed.

    For rates and bounds: Hypothesis's own examples are a search, not a sample.
    """
    request = wanted(suite, where)
    compose = SuiteComposer(request.suite, request.locale).compose
    return (compose(ingredients) for ingredients in _independent(request, count, seed))


def sample_drawn(request: Wanted, count: int, seed: int) -> Iterator[Drawn]:
    """``count`` independent cases, or dialogues, of a checked request."""
    compose = composer_of(request)
    return (compose(ingredients) for ingredients in _independent(request, count, seed))


def _independent(request: Wanted, count: int, seed: int) -> Iterator[tuple[Ingredient, ...]]:
    random = Random(f"{stream_seed(request, seed)}:iid")
    for _ in range(count):
        yield mixed(request, [(random.randrange(4), random.choice(slot.options)) for slot in request.slots])


def stream_seed(request: Wanted, seed: int) -> int:
    """One stream of cases per request and seed, whatever test asks for it."""
    return zlib.crc32(f"{request.key}|{seed}".encode())
