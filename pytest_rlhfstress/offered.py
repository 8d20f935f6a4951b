"""What other plugins offer beside what is built in: kinds of models and reward models, suites, signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_rlhfstress.errors import UserError

Kinds = Mapping[str, Callable[[str], object]]
"""By the word before the colon: from what stands after it to what a fixture may return."""
AddSignals = Callable[[str], Sequence[Mapping[str, Mapping[str, object]]]]
"""From a suite's name to sets of signals, each in the shape of the ``signals`` section of ``suite.yaml``."""


@dataclass(frozen=True)
class Offered:
    """What there is. ``suites`` are folders by name; ``signals`` is None where nobody adds any."""

    models: Kinds = field(default_factory=dict)
    rewards: Kinds = field(default_factory=dict)
    suites: Mapping[str, Path] = field(default_factory=dict)
    signals: AddSignals | None = None


_now = [Offered()]


def offer(what: Offered) -> None:
    """From now on, in this process, ``what`` is offered and nothing else."""
    _now[:] = [what]


def offered() -> Offered:
    """What is offered now."""
    return _now[0]


def made(kinds: Kinds, spec: str) -> object:
    """What the kind of ``spec`` makes of the rest of it. Raises UserError where that fails."""
    kind, _, rest = spec.partition(":")
    try:
        return kinds[kind](rest)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{spec!r}: {kinds[kind].__module__} could not make it: {said(error)}") from error


def said(error: BaseException) -> str:
    """An exception of somebody's code in one line, with the place it came from."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} (at {frame.filename}:{frame.lineno})"
