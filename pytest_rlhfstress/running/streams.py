"""A long spec split into independent streams of cases, so that xdist's workers or many machines share it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from pytest_rlhfstress.running.engine_settings import seed_in_force, seed_of, settings_in_force, settings_of

if TYPE_CHECKING:
    import pytest

PARAMETER = "rlhf_stream"
AUTO = "auto"
MOST_AT_ONCE = 1000


class Stream(NamedTuple):
    """The ``number``-th, from 1, ``of`` so many streams."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"stream-{self.number}-of-{self.of}"

    def share(self, whole: int) -> int:
        """Its part of a whole number, the parts of all streams adding up to it."""
        return whole // self.of + (self.number <= whole % self.of)


def streams(wanted: int | str, config: pytest.Config) -> int:
    """How many streams a spec has: as many as wanted, or one for each of xdist's workers."""
    if wanted != AUTO:
        return int(wanted)
    worker: Mapping[str, object] = getattr(config, "workerinput", {})
    return int(str(worker.get("workercount", 1)))


def split(metafunc: pytest.Metafunc, count: int) -> None:
    """Make ``count`` tests of one, each a stream."""
    metafunc.fixturenames.append(PARAMETER)
    found = [Stream(number, count) for number in range(1, count + 1)]
    metafunc.parametrize(PARAMETER, found, ids=[str(stream) for stream in found])


def stream_of(item: pytest.Item) -> Stream | None:
    """The stream that a test is, or None where it was not split."""
    found = getattr(getattr(item, "callspec", None), "params", {}).get(PARAMETER)
    return found if isinstance(found, Stream) else None


@contextmanager
def one_after_another(item: pytest.Function, around: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """A very long spec in streams that its one test carries out in turn, each within ``around()``.

    Hypothesis remembers every case of a call, so that the memory of one long call would grow with its cases.
    """
    test = item.obj
    count = -(-settings_of(test).max_examples // MOST_AT_ONCE)
    if count == 1:
        with around():
            yield
        return

    def in_turn(**arguments: object) -> None:
        for number in range(1, count + 1):
            with in_force(test, Stream(number, count)), around():
                test(**arguments)

    item.obj = in_turn
    try:
        yield
    finally:
        item.obj = test


@contextmanager
def in_force(test: Callable[..., object], stream: Stream) -> Iterator[None]:
    """The test as one stream of it: its share of cases and covering rows, and a seed of its own."""
    from hypothesis import settings

    from pytest_rlhfstress.stress_route.row_database import RowDatabase

    own = settings_of(test)
    database = own.database
    if isinstance(database, RowDatabase):
        database = database.part(stream.number, stream.of)
    share = settings(own, max_examples=max(1, stream.share(own.max_examples)), database=database)
    seed = zlib.crc32(f"{seed_of(test)}|{stream}".encode())
    with settings_in_force(test, share), seed_in_force(test, seed):
        yield
