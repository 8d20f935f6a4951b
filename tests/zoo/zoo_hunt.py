"""Runs the suite's specs against an assistant of the zoo, as the plugin sets them, and checks what they find.

The cases Hypothesis draws until a spec first fails are the same for every assistant. So they are recorded once per
request and seed, and only a spec that fails on them is run in full, to shrink.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given

from pytest_rlhfstress.conversation import Case, Reply, with_reading
from pytest_rlhfstress.running.engine_settings import Search, adjust
from pytest_rlhfstress.running.spec_run import SpecRun
from pytest_rlhfstress.stress_route import Wanted, request_of
from pytest_rlhfstress.suites import load_suite, shipped_suites
from pytest_rlhfstress.suites.signals import Signals

FOLDER = shipped_suites()["healthcare"]
CASES = 500
Assistant = Callable[[Case, int], str]
"""What answers: the case and the number of the sample, to the text of the reply."""


@dataclass(frozen=True)
class Spec:
    """One invariant of the suite: its body as written and the cases it asks for."""

    name: str
    body: Callable[..., None]
    strategy: object
    request: Wanted

    def test(self, body: Callable[..., None], search: Search) -> Callable[..., None]:
        """``body`` over this spec's cases, set as a run of the plugin sets it."""
        test = given(case=self.strategy)(body)  # type: ignore[arg-type]
        adjust(test, self.request, search)
        return test


_by_key: dict[str, Spec] = {}


@functools.cache
def specs(suite: str = "healthcare") -> dict[str, Spec]:
    """The suite's invariants by name. Those about the tuning need a reward model and are left out,
    as are those about whole dialogues (see zoo_dialogue_hunt)."""
    found = {}
    for file in sorted(shipped_suites()[suite].glob(f"test_{suite}_*.py")):
        module = _imported(file)
        for name, test in vars(module).items():
            strategy = getattr(getattr(test, "hypothesis", None), "_given_kwargs", {}).get("case")
            if name.startswith("test_") and strategy is not None:
                found[name] = Spec(name, test.hypothesis.inner_test, strategy, request_of(strategy))
                _by_key[found[name].request.key] = found[name]
    return found


def _imported(file: Path) -> object:
    spec = importlib.util.spec_from_file_location(f"zoo_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def signals(name: str = "healthcare") -> Signals:
    """The suite's signals, which remember every reply they have read."""
    suite = load_suite(name).signals
    suite._read = functools.cache(suite._reading)
    return suite


class Asked:
    """``model_under_test`` as a spec calls it, counting the distinct questions."""

    def __init__(self, assistant: Assistant, read: Callable[[str, str], object] | None = None) -> None:
        self.assistant = assistant
        self.sample = lambda: 0
        self.questions: set[tuple[object, int]] = set()
        self._read = read

    def __call__(self, case: Case) -> Reply:
        sample = self.sample()
        self.questions.add((case.messages, sample))
        text = self.assistant(case, sample)
        read = self._read or signals(case.suite).reading
        return with_reading(Reply(text, sample=sample), read(text, case.locale))


@functools.cache
def _recorded(key: str, search: Search, rows: bool) -> tuple[Case, ...]:
    spec = _by_key[key]
    seen: list[Case] = []

    def record(case: Case) -> None:
        seen.append(case)

    test = spec.test(record, search)
    if not rows:
        from hypothesis import settings

        test = settings(test._hypothesis_internal_use_settings, database=None)(test)
    test()
    return tuple(seen)


def stream(spec: Spec, seed: int, cases: int = CASES, rows: bool = True) -> tuple[Case, ...]:
    """The cases a spec is given until it fails; without ``rows``, those of Hypothesis alone."""
    return guided_stream(spec, search_for(cases, seed), rows)


def guided_stream(spec: Spec, search: Search, rows: bool = True) -> tuple[Case, ...]:
    """As ``stream``, for any search."""
    return _recorded(spec.request.key, search, rows)


def search_for(cases: int, seed: int) -> Search:
    """The search of an ordinary run."""
    return Search(cases, True, 2, seed)


def breaks(body: Callable[..., None], asked: Asked, case: Case, samples: int = 1) -> bool:
    """Whether the invariant fails for a case in any sample."""
    for sample in range(samples):
        asked.sample = lambda sample=sample: sample
        try:
            body(case=case, model_under_test=asked)
        except AssertionError:
            return True
    return False


def first_failure(
    body: Callable[..., None], assistant: Assistant, cases: Sequence[Case], samples: int = 1
) -> int | None:
    """How many questions were asked when the invariant first failed, or None where it held."""
    asked = Asked(assistant)
    for case in cases:
        if breaks(body, asked, case, samples):
            return len(asked.questions)
    return None


@dataclass(frozen=True)
class Found:
    """A counterexample: questions until the first failure and until it was smallest, and the smallest case."""

    first: int
    questions: int
    case: Case
    minimal: bool


def hunt(spec: Spec, assistant: Assistant, seed: int = 0, cases: int = CASES, samples: int = 1) -> Found | None:
    """Run one spec in full, as the plugin does, or None where it holds."""
    first = first_failure(spec.body, assistant, stream(spec, seed, cases), samples)
    if first is None:
        return None
    asked, run = Asked(assistant), SpecRun(samples, samples)
    asked.sample = lambda: run.sample
    test = spec.test(spec.body, search_for(cases, seed))
    try:
        with run.watching(test):
            test(model_under_test=asked)
    except AssertionError:
        case = run.failure.attempt.case
        return Found(first, len(asked.questions), case, is_minimal(spec, assistant, case, samples))
    raise RuntimeError(f"{spec.name} failed on its recorded cases and holds when it is run")


def is_minimal(spec: Spec, assistant: Assistant, case: Case, samples: int = 1) -> bool:
    """Whether no ingredient can be left out: each smaller case is none of the spec's, or the invariant holds."""
    for dropped in case.ingredients:
        smaller = case.composer.compose(tuple(i for i in case.ingredients if i is not dropped))
        if belongs(spec.request, smaller) and breaks(spec.body, Asked(assistant), smaller, samples):
            return False
    return True


def belongs(request: Wanted, case: Case) -> bool:
    """Whether a case is one that the request could have drawn."""
    left = [str(i) for i in case.ingredients]
    for slot in sorted(request.slots, key=lambda slot: not slot.required):
        held = next((name for name in left if name in set(map(str, slot.options))), None)
        if held is not None:
            left.remove(held)
        elif slot.required:
            return False
    return not left and any(i.category in ("duty", "ambiguous", "hard_negative", "intent") for i in case.ingredients)
