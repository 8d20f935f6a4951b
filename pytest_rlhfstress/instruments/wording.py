"""How figures are worded in the sentences of the instruments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = Mapping[str, object]
"""One row of a table for a report: plain data."""

NO_FAMILY = "fit no family"


def percent(share: float | None) -> str:
    """A share as "40 %", small and large ones with a decimal; "unknown" for None."""
    if share is None:
        return "unknown"
    value = 100 * share
    near_edge = 0 < abs(value) < 1 or 99 < abs(value) < 100
    return f"{value:.1f} %" if near_edge else f"{value:.0f} %"


def number(value: float | None) -> str:
    """A figure with two decimals; "undefined" for None."""
    return "undefined" if value is None else f"{value:.2f}"


def counted(n: int, noun: str) -> str:
    """ "1 prompt", "2 prompts"; thousands set apart."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}".replace(",", " ")


def plain_rows(values: Iterable[DataclassInstance]) -> tuple[Row, ...]:
    """Dataclass values as rows of plain data."""
    return tuple(asdict(value) for value in values)
