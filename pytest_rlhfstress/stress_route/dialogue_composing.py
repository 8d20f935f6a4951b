"""From ingredients to a dialogue: who says what in which turn, and what is true from then on."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Case, Ingredient
from pytest_rlhfstress.dialogue import OPENING, Dialogue, Move
from pytest_rlhfstress.stress_route.composing import ORDER, SuiteComposer
from pytest_rlhfstress.suites import MATTER, MATTERS, Suite

if TYPE_CHECKING:
    from pytest_rlhfstress.stress_route.wanted import Wanted

GREETING = "Hello."
"""What somebody opens with who keeps everything for later."""

Drawn = Case | Dialogue


def composer_of(request: Wanted) -> Callable[[tuple[Ingredient, ...]], Drawn]:
    """What makes the cases, or the dialogues, of a request from their ingredients."""
    if request.turns:
        return DialogueComposer(request.suite, request.locale).compose
    return SuiteComposer(request.suite, request.locale).compose


@dataclass(frozen=True)
class DialogueComposer:
    """Builds the dialogues of one suite, starting from one locale."""

    suite: Suite
    base_locale: str

    def compose(self, ingredients: tuple[Ingredient, ...]) -> Dialogue:
        """The dialogue those ingredients make; moves are made in their order, each once.

        Raises UserError for an ingredient the suite does not have.
        """
        composer = SuiteComposer(self.suite, self.base_locale)
        whole = composer.compose(tuple(i for i in ingredients if i.category in ORDER))
        faults = {i.name: i for i in ingredients if i.category == "fault"}
        script = self._script(whole, ingredients)
        told_late = any(MATTER in i.phrase for i in script)
        opening = _without_matter(composer, whole) if told_late else whole
        moves = [Move(OPENING, opening.text or GREETING, facts=opening.facts, safe_reply=opening.safe_reply)]
        said, changed = opening, dict[str, str]()
        for ingredient in script:
            said = whole if MATTER in ingredient.phrase else said
            # What a move changed stays so, whatever is told after it.
            changed.update(self.suite.entry("move", ingredient.name).facts)
            truth = replace(said, facts={**said.facts, **changed}, safe_reply="" if changed else said.safe_reply)
            moves.append(self._move(ingredient, truth, composer, whole))
        case = replace(
            whole,
            messages=tuple(m for m in whole.messages if m.role == "system"),
            ingredients=(*whole.ingredients, *script, *faults.values()),
            facts=moves[-1].facts,
            safe_reply=moves[-1].safe_reply,
        )
        return Dialogue(case, tuple(moves), self)

    def _script(self, whole: Case, ingredients: tuple[Ingredient, ...]) -> tuple[Ingredient, ...]:
        """The moves that make sense: none twice, none that the duty crosses off, and the matter told once at most."""
        crossed = {name for i in whole.ingredients for name in self.suite.entry(i.category, i.name).crosses_off}
        untold = any(i.category in MATTERS for i in whole.ingredients)
        kept: dict[str, Ingredient] = {}
        for ingredient in ingredients:
            if ingredient.category != "move" or ingredient.name in kept or str(ingredient) in crossed:
                continue
            if MATTER in ingredient.phrase:
                if not untold:
                    continue
                untold = False
            kept[ingredient.name] = ingredient
        return tuple(kept.values())

    def _move(self, ingredient: Ingredient, truth: Case, composer: SuiteComposer, whole: Case) -> Move:
        entry = self.suite.entry("move", ingredient.name)
        tells = MATTER in ingredient.phrase
        says = ingredient.phrase.replace(MATTER, _matter(composer, whole)) if tells else ingredient.phrase
        otherwise = entry.otherwise[zlib.crc32(says.encode()) % len(entry.otherwise)] if entry.otherwise else ""
        return Move(ingredient.name, says, entry.reacts_to, otherwise, truth.facts, truth.safe_reply)


def _without_matter(composer: SuiteComposer, whole: Case) -> Case:
    kept = tuple(i for i in whole.ingredients if i.category not in (*MATTERS, "placement"))
    return composer.compose(kept)


def _matter(composer: SuiteComposer, whole: Case) -> str:
    """The duty's sentence as this person writes it."""
    return composer.compose(tuple(i for i in whole.ingredients if i.category in (*MATTERS, "shift"))).text
