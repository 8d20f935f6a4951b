"""How Hypothesis is set for a spec: the run's cases and seed, no clock, no memory between runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hypothesis

# Hypothesis offers no way to adjust the settings of a test that already carries @settings; its own
# pytest plugin reads these two attributes, and a test of ours notices if they are renamed.
_SETTINGS = "_hypothesis_internal_use_settings"
_SEED = "_hypothesis_internal_use_seed"


def settings_of(test: Callable[..., object]) -> hypothesis.settings:
    """The settings the test runs with."""
    import hypothesis

    found = getattr(test, _SETTINGS, None)
    return found if isinstance(found, hypothesis.settings) else hypothesis.settings()


def adjust(test: Callable[..., object], cases: int, cases_configured: bool, seed: int) -> None:
    """Set one spec for a run of ours.

    No deadline (a model may take its time), one bug per spec, one stream of cases for one seed. Without
    a database of the user's own choosing none is used, so that one seed gives one result. A
    ``@settings(max_examples=...)`` of the user's stands unless --rlhf-cases was given.
    """
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.database import DirectoryBasedExampleDatabase

    function = getattr(test, "__func__", test)
    own = settings_of(function)
    default = settings.get_profile("default")
    chosen = own.max_examples != default.max_examples
    by_default = own.database is None or type(own.database) is DirectoryBasedExampleDatabase
    adjusted = settings(
        own,
        max_examples=own.max_examples if chosen and not cases_configured else cases,
        deadline=None,
        database=None if by_default else own.database,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=[*HealthCheck],
        phases=[p for p in own.phases if p is not Phase.explain],
    )
    setattr(function, _SETTINGS, adjusted)
    if getattr(function, _SEED, None) is None:
        setattr(function, _SEED, seed)
