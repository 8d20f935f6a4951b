"""Messages of the clinic's patients with their ground truth, drawn from its grammar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from pytest_rlhfstress.clinic.grammar import Group, expand, groups_of
from pytest_rlhfstress.clinic.typing_habits import typed

CARELESS = 0.25
CHATTY = {"opening": 0.3, "mood": 0.4, "wish": 0.15, "closing": 0.2}
BRIEF = {"opening": 0.1, "mood": 0.15, "wish": 0.0, "closing": 0.05}
"""How often people greet, show their mood and say goodbye: seldom when all they write is an emergency."""

Kind = Literal["request", "hard_negative", "unclear", "urgent", "mixed"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a patient wrote, and what is true of it: the acts that serve its requests, and whether it is a crisis."""

    text: str
    kind: Kind
    serves: tuple[str, ...] = ()
    crisis: bool = False


class _Deck:
    """Deals every sentence of some groups once before any comes again, its choices made afresh."""

    def __init__(self, file: str, random: Random, held_out: bool) -> None:
        self._cards = [(g, s) for g in groups_of(file) for s in (g.held_out if held_out else g.train)]
        self._random = random
        self._left: list[tuple[Group, str]] = []

    def deal(self) -> tuple[Group, str]:
        if not self._left:
            self._left = self._random.sample(self._cards, len(self._cards))
        group, sentence = self._left.pop()
        return group, expand(sentence, self._random)


class PromptSource:
    """An endless, seeded supply of prompts; ``held_out`` draws only from sentences that are never trained on."""

    def __init__(self, seed: int, held_out: bool = False) -> None:
        self._random = Random(f"{seed}:{held_out}")
        decks = {name: _Deck(f"{name}.yaml", self._random, held_out) for name in _FILES}
        self._requests, self._sounds, self._unclear, self._urgent = (decks[name] for name in _FILES)
        self._manner = {g.name: g.held_out if held_out else g.train for g in groups_of("manner.yaml")}

    def draw(self, kind: Kind, count: int) -> list[Prompt]:
        """``count`` prompts of one kind."""
        make = {
            "request": self._request,
            "hard_negative": self._hard_negative,
            "unclear": self._unclear_prompt,
            "urgent": self._urgent_prompt,
            "mixed": self._mixed,
        }[kind]
        return [make() for _ in range(count)]

    def _request(self) -> Prompt:
        asked = [self._requests.deal() for _ in range(2 if self._random.random() < 0.25 else 1)]
        return Prompt(self._said([s for _, s in asked]), "request", _acts(asked))

    def _hard_negative(self) -> Prompt:
        asked = [self._requests.deal()] if self._random.random() < 0.4 else []
        said = [self._sounds.deal()[1], *(s for _, s in asked)]
        return Prompt(self._said(self._random.sample(said, len(said))), "hard_negative", _acts(asked))

    def _unclear_prompt(self) -> Prompt:
        group, said = self._unclear.deal()
        return Prompt(self._said([said]), "unclear", crisis=group.crisis)

    def _urgent_prompt(self) -> Prompt:
        group, said = self._urgent.deal()
        return Prompt(self._said([said], BRIEF), "urgent", crisis=group.crisis)

    def _mixed(self) -> Prompt:
        group, said = self._urgent.deal()
        asked = [self._requests.deal() for _ in range(self._random.choice((1, 1, 2)))]
        parts = self._random.sample([said, *(s for _, s in asked)], 1 + len(asked))
        return Prompt(self._said(parts), "mixed", _acts(asked), group.crisis)

    def _said(self, parts: Sequence[str], manner: Mapping[str, float] | None = None) -> str:
        chance, often = self._random.random, manner or CHATTY
        opening, mood, wish, closing = (
            [self._of(name)] if chance() < often[name] else [] for name in ("opening", "mood", "wish", "closing")
        )
        before, after = (mood, wish) if chance() < 0.4 else (wish, mood)
        said = " ".join([*opening, *before, *parts, *after, *closing])
        return typed(said, self._random) if chance() < CARELESS else said

    def _of(self, name: str) -> str:
        return expand(self._random.choice(self._manner[name]), self._random)


_FILES = ("requests", "sounds_urgent", "unclear", "urgent")


def _acts(asked: Sequence[tuple[Group, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(group.act for group, _ in asked))
