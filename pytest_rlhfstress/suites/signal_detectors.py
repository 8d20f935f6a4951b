"""Detectors a suite brings as a Python function: imported when the suite is loaded, checked when called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import cast

from pytest_rlhfstress.conversation import Span
from pytest_rlhfstress.errors import UserError, nearest

Detector = Callable[[str, str], Iterable[tuple[int, int]]]


def import_detector(name: str, where: str) -> Detector:
    """The function ``package.module:function``. Raises UserError where there is none."""
    module_name, _, function = name.partition(":")
    if not module_name or not function:
        raise UserError(f"{where}: {name!r} is no detector; write package.module:function")
    try:
        module = import_module(module_name)
    except Exception as error:
        raise UserError(
            f"{where}: {module_name!r} cannot be imported: {type(error).__name__}: {error}. "
            "Write package.module:function of an importable module"
        ) from None
    found = getattr(module, function, None)
    if not callable(found):
        raise UserError(
            f"{where}: {module_name!r} has no function {function!r}"
            f"{nearest(function, (n for n in dir(module) if not n.startswith('_')))}"
        )
    return cast(Detector, found)


def detect(detector: Detector, name: str, text: str, locale: str) -> tuple[Span, ...]:
    """What the detector finds in ``text``. Raises UserError where it fails or answers something else."""
    try:
        answer = list(detector(text, locale))
    except Exception as error:
        raise UserError(
            f"the detector {name!r} failed on {text[:80]!r}: {type(error).__name__}: {error}. "
            "It is called with (text, locale) and returns a list of (start, end)"
        ) from error
    spans = []
    for place in answer:
        if not _is_place(place, len(text)):
            raise UserError(
                f"the detector {name!r} returned {place!r}; it must return (start, end) pairs with "
                f"0 <= start < end <= {len(text)}, the length of the reply"
            )
        spans.append(Span(place[0], place[1], text[place[0] : place[1]]))
    return tuple(sorted(spans, key=lambda span: (span.start, span.end)))


def _is_place(place: object, length: int) -> bool:
    if not isinstance(place, tuple | list) or len(place) != 2:
        return False
    start, end = place
    return isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= length
