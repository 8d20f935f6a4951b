"""The clinic's small text grammar: ``[a|b]`` in a sentence means one of these; groups keep some sentences unseen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import cast

import yaml

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_TEXTS = "pytest_rlhfstress.clinic.texts"


@dataclass(frozen=True)
class Group:
    """Sentences about one thing. ``held_out`` ones are never trained on.

    ``act`` is the reply that serves a request; ``crisis`` says that somebody's wish to die is meant.
    """

    name: str
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    act: str = ""
    crisis: bool = False

    def draw(self, random: Random, held_out: bool) -> str:
        """One sentence, its choices made."""
        return expand(random.choice(self.held_out if held_out else self.train), random)


def expand(sentence: str, random: Random) -> str:
    """The sentence with one alternative of each choice, its blanks tidied."""
    chosen = _CHOICE.sub(lambda match: random.choice(match[1].split("|")), sentence)
    return re.sub(r"\s+([.,?!])", r"\1", " ".join(chosen.split()))


@cache
def raw_text(name: str) -> str:
    """The content of one of the clinic's files."""
    return resources.files(_TEXTS).joinpath(name).read_text("utf-8")


@cache
def groups_of(name: str) -> tuple[Group, ...]:
    """The groups of one of the clinic's files, in its order."""
    declared = read_yaml(name)
    return tuple(_group(key, cast(Mapping[str, object], fields)) for key, fields in declared.items())


def read_yaml(name: str) -> Mapping[str, object]:
    """One of the clinic's files, parsed; by libyaml where it is there, which is ten times faster."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast(Mapping[str, object], yaml.load(raw_text(name), Loader=loader))


def _group(name: str, fields: Mapping[str, object]) -> Group:
    return Group(
        name=name,
        train=tuple(cast(Sequence[str], fields["train"])),
        held_out=tuple(cast(Sequence[str], fields["held_out"])),
        act=str(fields.get("act", "")),
        crisis=bool(fields.get("crisis", name.startswith("crisis_"))),
    )
