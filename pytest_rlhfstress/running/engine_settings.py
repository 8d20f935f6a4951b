"""How Hypothesis is set for a spec: the run's cases and seed, no clock, no memory between runs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hypothesis

    from pytest_rlhfstress.stress_route import Wanted
    from pytest_rlhfstress.stress_route.climbing import Worth
    from pytest_rlhfstress.stress_route.covering import Row

# Hypothesis offers no way to adjust the settings of a test that already carries @settings; its own
# pytest plugin reads these two attributes, and a test of ours notices if they are renamed.
_SETTINGS = "_hypothesis_internal_use_settings"
ROWS_AT_MOST = 80
"""Per cent of a spec's cases that covering rows may take; the rest is searched at random, mostly small."""

_SEED = "_hypothesis_internal_use_seed"
_WRITTEN = "_rlhfstress_written"


def settings_of(test: Callable[..., object]) -> hypothesis.settings:
    """The settings the test runs with."""
    import hypothesis

    found = getattr(test, _SETTINGS, None)
    return found if isinstance(found, hypothesis.settings) else hypothesis.settings()


def seed_of(test: Callable[..., object]) -> object:
    """The seed the test runs with, or None where Hypothesis draws one."""
    return getattr(test, _SEED, None)


@contextmanager
def settings_in_force(test: Callable[..., object], changed: hypothesis.settings) -> Iterator[None]:
    """The test with other settings, for calls of it that begin in this time."""
    with _changed(test, _SETTINGS, changed):
        yield


@contextmanager
def seed_in_force(test: Callable[..., object], seed: int) -> Iterator[None]:
    """The test with another seed, likewise."""
    with _changed(test, _SEED, seed):
        yield


@contextmanager
def _changed(test: Callable[..., object], attribute: str, value: object) -> Iterator[None]:
    function = getattr(test, "__func__", test)
    before = getattr(function, attribute, None)
    setattr(function, attribute, value)
    try:
        yield
    finally:
        setattr(function, attribute, before)


@dataclass(frozen=True)
class Search:
    """How the run searches: ``cases`` (``configured`` or by default), the covering ``strength``, its ``seed``.

    The ``guided`` first rows are those most worth asking by ``worth``.
    """

    cases: int
    configured: bool
    strength: int
    seed: int
    guided: int = 0
    worth: Worth | None = None


def adjust(test: Callable[..., object], request: Wanted | None, search: Search) -> None:
    """Set one spec for a run of ours; ``request`` is None where it draws with strategies of the user's own.

    The search begins with rows covering every pair (or ``strength``-tuple) of ingredients. No deadline
    (a model may take its time), one bug per spec, one stream of cases for one seed. Without a database of
    the user's own choosing none is used, so that one seed gives one result. A
    ``@settings(max_examples=...)`` of the user's stands unless --rlhf-cases was given.
    """
    from hypothesis import HealthCheck, Phase, settings

    from pytest_rlhfstress.stress_route import request_of
    from pytest_rlhfstress.stress_route.row_database import RowDatabase

    function = getattr(test, "__func__", test)
    # Several tests may share one function; each time what its author wrote is adjusted, not an adjustment.
    own, own_seed = function.__dict__.setdefault(_WRITTEN, (settings_of(function), seed_of(function)))
    default = settings.get_profile("default")
    chosen = own.max_examples != default.max_examples
    by_default = own.database is None or own.database == default.database
    wanted = own.max_examples if chosen and not search.configured else search.cases
    given = getattr(getattr(function, "hypothesis", None), "_given_kwargs", {})
    stream = _stream(request, given, search.seed)
    database = None if by_default else own.database
    if request is not None and request_of(next(iter(given.values()), None)) is not None:
        rows = partial(_rows, request, search, stream, wanted * ROWS_AT_MOST // 100)
        database = RowDatabase(request.slots, rows, database)
    adjusted = settings(
        own,
        max_examples=wanted,
        deadline=None,
        database=database,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=[*HealthCheck],
        phases=[p for p in own.phases if p is not Phase.explain],
    )
    setattr(function, _SETTINGS, adjusted)
    setattr(function, _SEED, own_seed if own_seed is not None else stream)


def _stream(request: Wanted | None, given: Mapping[str, object], seed: int) -> int:
    from pytest_rlhfstress.stress_route import stream_seed

    return stream_seed(request, seed) if request is not None else zlib.crc32(f"{given!r}|{seed}".encode())


def _rows(request: Wanted, search: Search, seed: int, most: int) -> tuple[list[Row], list[Row]]:
    """The guided rows, and the covering ones."""
    from pytest_rlhfstress.stress_route.climbing import climbing_rows
    from pytest_rlhfstress.stress_route.covering import covering_rows

    # A request holds its suite, which cannot be hashed; its key stands for it.
    known = (request.key, search, seed, most)
    if known not in _made:
        guided = min(search.guided, most)
        first = climbing_rows(request, search.worth, guided, seed) if search.worth and guided else []
        _made[known] = first, covering_rows(request, search.strength, seed, most - len(first))
    return _made[known]


_made: dict[tuple[str, Search, int, int], tuple[list[Row], list[Row]]] = {}
