"""What other plugins add through the hooks: called, checked, and handed to the rooms that use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.hookspecs import FinishedCase, ReportSection
from pytest_rlhfstress.offered import AddSignals, Kinds, Offered, offer, said

if TYPE_CHECKING:
    import pytest

    from pytest_rlhfstress.finding import Finding
    from pytest_rlhfstress.running.attempt import Attempt

MODELS, REWARDS = "pytest_rlhf_models", "pytest_rlhf_rewards"
SUITES, SIGNALS = "pytest_rlhf_suites", "pytest_rlhf_signals"
SECTIONS, FINISHED = "pytest_rlhf_report_sections", "pytest_rlhf_case_finished"
_KIND = re.compile("[a-z][a-z0-9_]*")


def take_in(config: pytest.Config) -> None:
    """From now on other plugins' models, reward models, suites and signals are found.

    Raises UserError for what a hook returned that it must not, and for what it raised.
    """
    offer(
        Offered(
            models=_kinds(config, MODELS),
            rewards=_kinds(config, REWARDS),
            suites=_suites(config),
            signals=_signals(config) if _has(config, SIGNALS) else None,
        )
    )


def sections_of(config: pytest.Config, findings: Sequence[Finding]) -> tuple[ReportSection, ...]:
    """The sections other plugins add to the reports. Raises UserError like ``take_in``."""
    sections: list[ReportSection] = []
    for given in _called(config, SECTIONS, findings=findings):
        for one in _many(SECTIONS, given):
            if not isinstance(one, ReportSection):
                raise UserError(f"{SECTIONS} returned {one!r:.80}: return a list of pytest_rlhfstress.ReportSection")
            sections.append(one)
    return tuple(sections)


def observer(config: pytest.Config, nodeid: str) -> Callable[[Attempt, bool], None] | None:
    """What tells other plugins of each case judged, or None where no plugin listens. It raises UserError."""
    if not _has(config, FINISHED):
        return None

    def observe(attempt: Attempt, broken: bool) -> None:
        replies = tuple(answered.reply for answered in attempt.answered)
        _called(config, FINISHED, finished=FinishedCase(nodeid, attempt.case, replies, broken))

    return observe


def _has(config: pytest.Config, hook: str) -> bool:
    return bool(getattr(config.hook, hook).get_hookimpls())


def _called(config: pytest.Config, hook: str, **arguments: object) -> list[object]:
    try:
        return cast("list[object]", getattr(config.hook, hook)(**arguments))
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"a plugin's {hook} raised {said(error)}") from error


def _many(hook: str, given: object) -> list[object]:
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise UserError(f"{hook} returned {given!r:.80}: return a list")
    return list(given)


def _kinds(config: pytest.Config, hook: str) -> Kinds:
    kinds: dict[str, Callable[[str], object]] = {}
    for given in _called(config, hook):
        if not isinstance(given, Mapping):
            raise UserError(f"{hook} returned {given!r:.80}: return a mapping of kind to function")
        for kind, make in given.items():
            if not isinstance(kind, str) or not _KIND.fullmatch(kind):
                raise UserError(f"{hook} offers {kind!r}: a kind is lower-case letters, digits and _")
            if kind in kinds or kind in _built_in(hook):
                raise UserError(f"{hook} offers {kind!r}, which there is already; call it something else")
            if not callable(make):
                raise UserError(f"{hook} offers {kind!r} as {make!r:.80}: give a function of the text after the colon")
            kinds[kind] = make
    return kinds


def _built_in(hook: str) -> tuple[str, ...]:
    # Only a run whose plugins offer kinds pays for these.
    from pytest_rlhfstress.models import specs as models
    from pytest_rlhfstress.rewards import specs as rewards

    return models.KINDS if hook == MODELS else rewards.KINDS


def _suites(config: pytest.Config) -> Mapping[str, Path]:
    folders: dict[str, Path] = {}
    for given in _called(config, SUITES):
        for one in _many(SUITES, given):
            folder = Path(str(one))
            if not (folder / "suite.yaml").is_file():
                raise UserError(f"{SUITES} offers {folder}: no suite.yaml in it, so it is not a suite")
            if folder.name in folders:
                raise UserError(f"{SUITES} offers two suites {folder.name!r}: {folders[folder.name]} and {folder}")
            folders[folder.name] = folder.resolve()
    return folders


def _signals(config: pytest.Config) -> AddSignals:
    def added(suite: str) -> Sequence[Mapping[str, Mapping[str, object]]]:
        sets = _called(config, SIGNALS, suite=suite)
        for given in sets:
            if not isinstance(given, Mapping):
                raise UserError(f"{SIGNALS} returned {given!r:.80}: return a mapping of signal to its fields")
        return cast("list[Mapping[str, Mapping[str, object]]]", sets)

    return added
