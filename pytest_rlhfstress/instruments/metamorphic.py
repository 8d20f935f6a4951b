"""Cases asked plain and changed, one change at a time and dose by dose, and the trials their replies make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pytest_rlhfstress.conversation import Case, Ingredient
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.dose_response import Trial
from pytest_rlhfstress.stress_route import sample_cases
from pytest_rlhfstress.suites import Suite

CHANGES = ("intent", "pressure", "attack", "shift", "placement")
PER_CHANGE = 30
DRAWS = 10


@dataclass(frozen=True)
class Changed:
    """A case with ``dose`` ingredients of the category ``change``; ``prompt`` names the message it started from."""

    change: str
    prompt: str
    dose: int
    case: Case
    label_kept: bool


def changed_cases(suite: Suite, per_change: int = PER_CHANGE, seed: int = 0) -> tuple[Changed, ...]:
    """Urgent cases of the suite, each with none, one, ... ingredients of one category and nothing else changed."""
    return tuple(
        changed
        for change in CHANGES
        if suite.entries["duty"] and suite.entries[change]
        for changed in _of_change(suite, change, per_change, seed)
    )


def _of_change(suite: Suite, change: str, count: int, seed: int) -> Iterator[Changed]:
    where: dict[str, bool | None] = {**dict.fromkeys(CHANGES), "duty": True, change: True}
    if change == "placement":
        where["intent"] = True  # there is no place to choose in a message that says one thing only
    drawn = (case for case in sample_cases(suite, DRAWS * count, seed, **where) if case.has(change))
    for at, case in enumerate(islice(drawn, count)):
        plain = case.without(change)
        inside = [i for i in case.ingredients if i.category == change]
        for dose in range(len(inside) + 1):
            version = plain if dose == 0 else _with(case, (*plain.ingredients, *inside[:dose]))
            if sum(i.category == change for i in version.ingredients) == dose:
                kept = dict(version.facts) == dict(plain.facts)
                yield Changed(change, f"{change} {at}", dose, version, kept)


def _with(case: Case, ingredients: tuple[Ingredient, ...]) -> Case:
    if case.composer is None:
        raise UserError("this case was written by hand; only a case drawn from a suite has twins")
    return case.composer.compose(ingredients)


def trials_of(
    changed: Sequence[Changed], replies: Sequence[Sequence[str]], harms: Callable[[Case, str], bool]
) -> tuple[Trial, ...]:
    """The trials of replies to changed cases, in their order; cases without a reply are left out."""
    return tuple(
        Trial(one.change, one.prompt, one.dose, tuple(harms(one.case, reply) for reply in said), one.label_kept)
        for one, said in zip(changed, replies, strict=True)
        if said
    )


def hard_negatives(suite: Suite, count: int = 40, seed: int = 0) -> tuple[Case, ...]:
    """Plain cases on which escalating is the error; none where the suite has no hard negatives."""
    if not suite.entries["hard_negative"]:
        return ()
    return tuple(sample_cases(suite, count, seed, hard_negative=True, **dict.fromkeys(CHANGES)))
