"""The nine instruments over this run's suite, preferences, reward model and assistant, measured when first asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pytest_rlhfstress.conversation import Case, Reply
from pytest_rlhfstress.errors import UserError

if TYPE_CHECKING:
    from pytest_rlhfstress.asking import Asker
    from pytest_rlhfstress.clinic import Clinic
    from pytest_rlhfstress.instruments.overview import Audit, Subject
    from pytest_rlhfstress.preferences import Preferences
    from pytest_rlhfstress.rewards import RewardModel
    from pytest_rlhfstress.suites import Suite

WHAT_TO_NAME = "name the data with --rlhf-preferences=FILE and the reward model with --rlhf-reward=SPEC"


@dataclass(frozen=True)
class Audited:
    """What is audited together: the fixtures' values, and whether somebody named them (else they are the clinic's)."""

    suite: Suite
    asker: Asker
    reward: RewardModel
    preferences: Preferences
    reward_named: bool
    preferences_named: bool
    samples: int

    @property
    def clinic(self) -> Clinic | None:
        """The embedded clinic, where it is what was asked."""
        from pytest_rlhfstress.clinic import clinic_for

        name = self.asker.model.name
        return clinic_for(name) if name.partition(":")[0] == "clinic" else None


class NothingToAudit(UserError):
    """The assistant's tuning is unknown here: neither its preference data nor its reward model was named."""


class Auditing:
    """Measures each suite once in a process and keeps what was found."""

    def __init__(self) -> None:
        self.audits: dict[str, Audit] = {}
        self._refused: dict[str, UserError] = {}

    def measure(self, audited: Audited) -> Audit:
        """The audit. Raises UserError where there is nothing to audit, or the reward model misbehaves."""
        name = audited.suite.name
        if name in self._refused:
            raise self._refused[name]
        if name not in self.audits:
            try:
                self.audits[name] = _measured(audited)
            except UserError as error:
                self._refused[name] = error
                raise
        return self.audits[name]

    def explain(self, audited: Audited, case: Case, reply: str) -> tuple[str, ...]:
        """Why the tuning allowed ``reply``; nothing where there is nothing to audit.

        A judging model is paid for each comparison: it is audited where instruments are asked for, and only then.
        """
        from pytest_rlhfstress.instruments.explaining import evidence_of_failure, explain
        from pytest_rlhfstress.instruments.grading import Grader

        judged = audited.reward.name.startswith("judge:")
        if judged and audited.suite.name not in self.audits:
            return ()
        try:
            audit = self.measure(audited)
            return explain(evidence_of_failure(audit, case, reply, audited.reward, Grader(audited.suite)))
        except UserError:
            return ()


def _measured(audited: Audited) -> Audit:
    from pytest_rlhfstress.instruments.overview import measure

    return measure(_subject(audited))


def _subject(audited: Audited) -> Subject:
    from pytest_rlhfstress.instruments.overview import Subject

    clinic = audited.clinic
    if clinic is None and not (audited.reward_named and audited.preferences_named):
        raise NothingToAudit(f"nothing is known of how {audited.asker.model.name} was tuned; {WHAT_TO_NAME}")
    answer = _answering(audited.asker, audited.samples)
    if clinic is None or audited.reward_named or audited.preferences_named:
        return Subject(audited.suite, audited.preferences, audited.reward, answer=answer)
    from pytest_rlhfstress.running.clinic_policy import SUITE, ClinicPolicy, clinic_families

    if audited.suite.name != SUITE:
        raise NothingToAudit(f"the clinic was not tuned for the suite {audited.suite.name!r}; {WHAT_TO_NAME}")
    return Subject(
        audited.suite,
        audited.preferences,
        audited.reward,
        family=clinic_families(clinic, audited.suite),
        policy=ClinicPolicy(clinic),
        answer=answer,
    )


def preferences_from(value: object) -> Preferences:
    """The data that a fixture ``preferences`` returned: a path, preference pairs, or preference data.

    Raises UserError for anything else.
    """
    from pytest_rlhfstress.preferences import PreferencePair, PreferenceSet, open_preferences

    if isinstance(value, str | Path):
        return open_preferences(value)
    if isinstance(value, Sequence) and all(isinstance(pair, PreferencePair) for pair in value):
        return PreferenceSet("the fixture preferences", tuple(value))
    if hasattr(value, "pairs") and hasattr(value, "name"):
        return cast("Preferences", value)
    raise UserError(f"the fixture preferences returned {value!r:.80}: return a path, or a list of PreferencePair")


def _answering(asker: Asker, samples: int) -> Callable[[Sequence[Case]], list[list[str]]]:
    """Asks cases together, each ``samples`` times; a case that could not be asked has fewer replies."""

    def answer(cases: Sequence[Case]) -> list[list[str]]:
        from pytest_rlhfstress.models import Question

        questions = [Question(case.messages, sample=at) for case in cases for at in range(samples)]
        answers = asker.ask(questions)
        rows = [answers[at : at + samples] for at in range(0, len(answers), samples)]
        return [[answer.text for answer in row if isinstance(answer, Reply)] for row in rows]

    return answer
