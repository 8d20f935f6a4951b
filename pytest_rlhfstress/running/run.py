"""One pytest run of ours: the suites, the assistant, the reward model, and every spec's outcome."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.options import Options
from pytest_rlhfstress.running.auditing import Audited, Auditing, preferences_from
from pytest_rlhfstress.running.selection import Selection, request_of_item

if TYPE_CHECKING:
    import pytest

    from pytest_rlhfstress.asking import Asker, Unanswered
    from pytest_rlhfstress.instruments.detector_calibration import Calibration
    from pytest_rlhfstress.models import Model, Question
    from pytest_rlhfstress.preferences import Preferences
    from pytest_rlhfstress.rewards import RewardModel
    from pytest_rlhfstress.suites import Suite

MODEL = "model_under_test"
REWARD = "reward_model"
PREFERENCES = "preferences"
AUDIT = "rlhf_audit"
EMBEDDED = "clinic"


class Run:
    """Holds what lives as long as the pytest session and is made on first use."""

    def __init__(self, options: Options, selection: Selection | None, store: Path | None) -> None:
        self.options = options
        self.selection = selection
        self._store = store
        self._askers: dict[int, tuple[object, Asker]] = {}
        self.auditing = Auditing()

    @cached_property
    def model(self) -> Model:
        """The assistant that --rlhf-model names. Raises UserError for a name that means none."""
        from pytest_rlhfstress.models import load_model

        return load_model(self.options.model)

    @cached_property
    def reward(self) -> RewardModel:
        """The reward model that --rlhf-reward names, by default the embedded clinic's. Raises UserError likewise."""
        from pytest_rlhfstress.rewards import load_reward

        return load_reward(self.options.rewards or (self._embedded,), self.ask)

    @cached_property
    def preferences(self) -> Preferences:
        """The preference data that --rlhf-preferences names, by default the embedded clinic's. Raises UserError."""
        if self.options.preferences is not None:
            from pytest_rlhfstress.preferences import open_preferences

            return open_preferences(self.options.preferences, self.options.preference_fields)
        from pytest_rlhfstress.clinic import clinic_for

        return clinic_for(self._embedded).preferences

    @cached_property
    def calibrations(self) -> tuple[Calibration, ...]:
        """How well the selected suites' detectors agree with --rlhf-labels. Raises UserError for a bad file."""
        if self.options.labels is None or self.selection is None:
            return ()
        from pytest_rlhfstress.instruments.detector_calibration import calibrate

        return tuple(calibrate(suite, self.options.labels) for suite in self.selection.suites)

    @property
    def _embedded(self) -> str:
        """Whose reward model and votes are taken where none are named: those of the clinic under test."""
        return self.options.model if self.options.model.partition(":")[0] == EMBEDDED else EMBEDDED

    def audited(self, request: pytest.FixtureRequest, suite: Suite) -> Audited:
        """What the instruments audit for a test or fixture: the values its fixtures have there."""
        from pytest_rlhfstress.rewards import reward_from

        reward, preferences = request.getfixturevalue(REWARD), request.getfixturevalue(PREFERENCES)
        options, own = self.options, self.__dict__
        return Audited(
            suite=suite,
            asker=self.asker_of(request.getfixturevalue(MODEL)),
            reward=reward_from(reward),
            preferences=preferences_from(preferences),
            reward_named=bool(options.rewards) or reward is not own.get("reward"),
            preferences_named=options.preferences is not None or preferences is not own.get("preferences"),
            samples=options.samples,
        )

    def ask(self, model: Model, questions: Sequence[Question]) -> Sequence[Reply | Unanswered]:
        """Answers through the store, for the models that reward models ask."""
        return self.asker_of(model).ask(questions)

    def asker_of(self, value: object) -> Asker:
        """The asker of what the fixture ``model_under_test`` gave: one per model and process."""
        if id(value) not in self._askers:
            self._askers[id(value)] = (value, self._new_asker(value))
        return self._askers[id(value)][1]

    def _new_asker(self, value: object) -> Asker:
        from pytest_rlhfstress.asking import Asker, Limits, open_store
        from pytest_rlhfstress.models import model_from
        from pytest_rlhfstress.running.judging import let_judges_ask

        let_judges_ask(self)
        options = self.options
        model = model_from(value)
        where = options.store or (str(self._store) if self._store and model.persistent else None)
        given = {
            "concurrency": options.concurrency,
            "max_calls": options.max_calls,
            "request_timeout": options.timeout,
            "run_timeout": options.time_limit,
            "requests_per_minute": options.requests_per_minute,
            "tokens_per_minute": options.tokens_per_minute,
        }
        limits = Limits(**{name: value for name, value in given.items() if value is not None})
        return Asker(model, open_store(where, options.record_mode), limits)

    def close(self) -> None:
        """Let go of every asker's threads and files."""
        for _, asker in self._askers.values():
            asker.close()


def is_spec(item: pytest.Item) -> bool:
    """Whether ``item`` is one of ours: it draws cases, asks the model under test, or looks at an instrument."""
    used = getattr(item, "fixturenames", ())
    return MODEL in used or AUDIT in used or request_of_item(item) is not None


def suite_of(item: pytest.Item, run: Run) -> Suite | None:
    """The suite a spec belongs to: its cases', its folder's, else the only one selected."""
    request = request_of_item(item)
    if request is not None:
        return request.suite
    return run.selection.suite_at(item.path) if run.selection is not None else None


def suite_of_file(path: Path, run: Run) -> Suite:
    """The suite of a test file: the one it lies in, the only one selected, or the only one it names.

    Raises UserError where that is not one suite.
    """
    found = run.selection.suite_at(path) if run.selection is not None else None
    if found is not None:
        return found
    from pytest_rlhfstress.running.mentions import mentions_in
    from pytest_rlhfstress.suites import load_suite

    named = mentions_in(path.read_text("utf-8", errors="replace")).suites
    if len(named) != 1:
        raise UserError(f"{path}: say whose instruments are wanted: pytestmark = pytest.mark.rlhf_suite('healthcare')")
    return load_suite(next(iter(named)), (run.options.rootdir,))
