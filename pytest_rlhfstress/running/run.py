"""One pytest run of ours: the suites, the assistant, the reward model, and every spec's outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pytest_rlhfstress.conversation import Case, Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.options import Options
from pytest_rlhfstress.running.selection import Selection, request_of_item
from pytest_rlhfstress.running.spec_run import SpecRun

if TYPE_CHECKING:
    import pytest

    from pytest_rlhfstress.asking import Asker, Unanswered
    from pytest_rlhfstress.models import Model, Question
    from pytest_rlhfstress.rewards import RewardModel
    from pytest_rlhfstress.suites import Suite

MODEL = "model_under_test"
REWARD = "reward_model"


class Run:
    """Holds what lives as long as the pytest session and is made on first use."""

    def __init__(self, options: Options, selection: Selection | None, store: Path | None) -> None:
        self.options = options
        self.selection = selection
        self._store = store
        self._askers: dict[int, tuple[object, Asker]] = {}

    @cached_property
    def model(self) -> Model:
        """The assistant that --rlhf-model names. Raises UserError for a name that means none."""
        from pytest_rlhfstress.models import load_model

        return load_model(self.options.model)

    @cached_property
    def reward(self) -> RewardModel:
        """The reward model that --rlhf-reward names, by default the embedded clinic's. Raises UserError likewise."""
        from pytest_rlhfstress.rewards import load_reward

        return load_reward(self.options.rewards or ("clinic",))

    def asker_of(self, value: object) -> Asker:
        """The asker of what the fixture ``model_under_test`` gave: one per model and process."""
        if id(value) not in self._askers:
            self._askers[id(value)] = (value, self._new_asker(value))
        return self._askers[id(value)][1]

    def _new_asker(self, value: object) -> Asker:
        from pytest_rlhfstress.asking import Asker, Limits, open_store
        from pytest_rlhfstress.models import model_from

        options = self.options
        model = model_from(value)
        where = options.store or (str(self._store) if self._store and model.persistent else None)
        given = {"concurrency": options.concurrency, "max_calls": options.max_calls}
        limits = Limits(**{name: value for name, value in given.items() if value is not None})
        return Asker(model, open_store(where, options.record_mode), limits)

    def close(self) -> None:
        """Let go of every asker's threads and files."""
        for _, asker in self._askers.values():
            asker.close()


def is_spec(item: pytest.Item) -> bool:
    """Whether ``item`` is one of ours: it draws cases, or it asks the model under test."""
    return MODEL in getattr(item, "fixturenames", ()) or request_of_item(item) is not None


def suite_of(item: pytest.Item, run: Run) -> Suite | None:
    """The suite a spec belongs to: its cases', its folder's, else the only one selected."""
    request = request_of_item(item)
    if request is not None:
        return request.suite
    if run.selection is None:
        return None
    owner = run.selection.owner(item.path)
    only = run.selection.suites[0] if len(run.selection.suites) == 1 else None
    return owner or only


class BoundSpec:
    """One spec bound to the run: its fixtures replaced by ones that know which spec is asking."""

    def __init__(self, item: pytest.Function, run: Run) -> None:
        self.item = item
        self.run = run
        self.suite = suite_of(item, run)
        self.model_name = ""
        samples = run.options.samples
        mark = item.get_closest_marker("rlhf_samples")
        hold = samples
        if mark is not None:
            samples = int(mark.kwargs.get("of", samples))
            hold = int(mark.kwargs.get("hold", samples))
        self.spec = SpecRun(samples, hold)

    @contextmanager
    def bound(self) -> Iterator[None]:
        """The spec with ``model_under_test`` bound and its body watched, for the time of its call."""
        arguments = self.item.funcargs
        before = arguments.get(MODEL)
        asker = None
        if MODEL in arguments:
            asker = self._asker(before)
            already = asker.asked
            arguments[MODEL] = self._model(asker)
        try:
            with self.spec.watching(cast(Callable[..., object], self.item.obj)):
                yield
        finally:
            if asker is not None:
                self.spec.asked = asker.asked - already
                arguments[MODEL] = before

    def _asker(self, value: object) -> Asker:
        try:
            return self.run.asker_of(value)
        except UserError as error:
            raise self.spec.stop(str(error)) from None

    def _model(self, asker: Asker) -> object:
        from pytest_rlhfstress.running.model_under_test import ModelUnderTest

        self.model_name = asker.model.name

        def ask(question: Question) -> Reply | Unanswered:
            return asker.ask([question])[0]

        return ModelUnderTest(asker.model.name, ask, self.spec, self.suite)

    def score(self, messages: Sequence[Mapping[str, str]], replies: Sequence[str]) -> tuple[str, list[float]]:
        """The reward model's name and the mean reward of each reply; no rewards, and why, where it cannot be asked."""
        from pytest_rlhfstress.rewards import reward_from

        try:
            given = self.item._request.getfixturevalue(REWARD)
            reward = reward_from(given)
            values = reward.score([(messages, reply) for reply in replies])
        except Exception as error:
            # A broken reward model must not cost the failure it was only to comment on.
            return f"the reward model could not be asked: {error}", []
        name = reward.name
        embedded = given is self.run.__dict__.get("reward") and not self.run.options.rewards
        if embedded and not self.model_name.startswith("clinic"):
            name += " (the embedded clinic's: no reward model was named)"
        return name, [float(v) for v in values.mean(axis=1)]

    def explain(self, case: Case, reply: str) -> tuple[str, ...]:
        """Why the tuning allowed it, in the instruments' words."""
        return ()
