"""Runs the suite's dialogue specs against a talker of the zoo, as the plugin sets them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given
from zoo_hunt import FOLDER, _imported, belongs, signals
from zoo_talkers import Moment, Talker

from pytest_rlhfstress.conversation import Case, Reply, with_reading
from pytest_rlhfstress.dialogue import Conversing, Dialogue, Exchange, SuiteTools
from pytest_rlhfstress.running.engine_settings import Search, adjust, settings_of
from pytest_rlhfstress.running.spec_run import SpecRun
from pytest_rlhfstress.stress_route import Wanted, request_of
from pytest_rlhfstress.suites import Suite, load_suite


@dataclass(frozen=True)
class DialogueSpec:
    """One invariant: its body as written, the dialogues it asks for, and how many."""

    name: str
    body: Callable[..., None]
    strategy: object
    request: Wanted
    count: int

    def test(self, body: Callable[..., None], seed: int) -> Callable[..., None]:
        """``body`` over this spec's dialogues, set as a run of the plugin sets it."""
        test = given(dialogue=self.strategy)(body)  # type: ignore[arg-type]
        adjust(test, self.request, Search(self.count, True, 2, seed))
        return test


@functools.cache
def dialogue_specs() -> dict[str, DialogueSpec]:
    """The suite's invariants over dialogues, by name."""
    found = {}
    for file in sorted(FOLDER.glob("test_healthcare_*.py")):
        for name, test in vars(_imported(file)).items():
            strategy = getattr(getattr(test, "hypothesis", None), "_given_kwargs", {}).get("dialogue")
            if name.startswith("test_") and strategy is not None:
                count = settings_of(test).max_examples
                found[name] = DialogueSpec(name, test.hypothesis.inner_test, strategy, request_of(strategy), count)
    return found


class Talking:
    """``model_under_test`` as a spec of dialogues calls it, counting the dialogues carried out."""

    def __init__(self, talker: Talker, suite: Suite | None = None) -> None:
        self._talker = talker
        self._suite = suite or load_suite("healthcare")
        self.dialogues: set[tuple[str, ...]] = set()

    def __call__(self, dialogue: Dialogue) -> Exchange:
        self.dialogues.add((*(m.says for m in dialogue.moves), *dialogue.names("fault")))
        signals()
        return Conversing(dialogue, self._suite, SuiteTools(self._suite), self._ask).carried_out()

    def _ask(self, case: Case, tools: object) -> Reply:
        reply = self._talker(Moment(case, tools))
        return with_reading(reply, self._suite.signals.reading(reply.text, case.locale))


@functools.cache
def dialogue_stream(name: str, seed: int = 0) -> tuple[Dialogue, ...]:
    """The dialogues a spec is given until it fails."""
    seen: list[Dialogue] = []

    def record(dialogue: Dialogue) -> None:
        seen.append(dialogue)

    dialogue_specs()[name].test(record, seed)()
    return tuple(seen)


def breaks_in(spec: DialogueSpec, talking: Talking, dialogue: Dialogue) -> bool:
    """Whether the invariant fails for a dialogue."""
    try:
        spec.body(dialogue=dialogue, model_under_test=talking)
    except AssertionError:
        return True
    return False


@dataclass(frozen=True)
class DialogueFound:
    """A counterexample: dialogues until the first failure and until it was smallest, and the smallest one."""

    first: int
    asked: int
    dialogue: Dialogue
    minimal: bool


def dialogue_hunt(spec: DialogueSpec, talker: Talker, seed: int = 0) -> DialogueFound | None:
    """Run one spec in full, or None where it holds."""
    talking, seen = Talking(talker), []

    def body(dialogue: Dialogue) -> None:
        seen.append(dialogue)
        spec.body(dialogue=dialogue, model_under_test=talking)

    run = SpecRun(1, 1)
    test = spec.test(body, seed)
    try:
        with run.watching(test):
            test()
    except AssertionError:
        dialogue, fresh = seen[-1], Talking(talker)
        first = next(len(fresh.dialogues) for tried in seen if breaks_in(spec, fresh, tried))
        return DialogueFound(first, len(talking.dialogues), dialogue, is_smallest(spec, talker, dialogue))
    return None


def is_smallest(spec: DialogueSpec, talker: Talker, dialogue: Dialogue) -> bool:
    """Whether no ingredient, and so no turn, can be left out."""
    for dropped in dialogue.ingredients:
        smaller = dialogue.composer.compose(tuple(i for i in dialogue.ingredients if i is not dropped))
        if belongs(spec.request, smaller) and breaks_in(spec, Talking(talker), smaller):
            return False
    return True
