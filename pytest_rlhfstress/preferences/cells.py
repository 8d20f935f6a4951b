"""What one field of a row says: a number, a rating, a yes or no, a list of tools."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import cast

from pytest_rlhfstress.preferences.problems import BadRowError

_YES = {"true", "1", "yes", "good", "+1", "thumbs_up"}
_NO = {"false", "0", "no", "bad", "-1", "thumbs_down"}
_NOTHING = {"", "nan", "na", "n/a", "null", "none", "abstain"}


def text_in(value: object) -> str:
    """The value as text, "" where there is none."""
    return "" if value is None else str(value)


def number_in(value: object, field: str) -> float | None:
    """A number, NaN included, or None where there is nothing. Raises BadRowError for what is no finite number."""
    if value is None or value == "":
        return None
    try:
        number = math.inf if isinstance(value, bool) else float(cast(float, value))
    except (TypeError, ValueError):
        raise BadRowError(f"{field} is {value!r:.40}, not a number") from None
    if math.isinf(number):
        raise BadRowError(f"{field} is {value!r}, not a finite number")
    return number


def rating_in(value: object, field: str) -> float | str | None:
    """A number where it is one, a name where it is not, None for an abstention. Raises BadRowError if infinite."""
    if value is None or (isinstance(value, str) and value.strip().casefold() in _NOTHING):
        return None
    if isinstance(value, bool):
        return str(value)
    try:
        number = float(cast(float, value))
    except (TypeError, ValueError):
        return str(value)
    if math.isinf(number):
        raise BadRowError(f"{field} is infinite")
    return None if math.isnan(number) else number


def yes_in(value: object, field: str) -> bool:
    """True or false, in the words people use. Raises BadRowError for any other word."""
    word = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip().casefold()
    if word not in _YES | _NO:
        raise BadRowError(f"{field} is {value!r:.40}; it must be true or false")
    return word in _YES


def tools_in(value: object) -> tuple[Mapping[str, object], ...]:
    """Tool descriptions, as a list or as JSON of one. Raises BadRowError for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            raise BadRowError("tools is neither a list nor JSON of one") from None
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(tool, dict) for tool in value):
        raise BadRowError("tools is not a list of tool descriptions")
    return tuple(cast(Sequence[Mapping[str, object]], value))
