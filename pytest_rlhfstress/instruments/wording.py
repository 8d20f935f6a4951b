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
    """A share as "40 %", one near 0 or 1 with a decimal and never rounded to either; "unknown" for None."""
    if share is None:
        return "unknown"
    value = 100 * share
    if 1e-7 < value < 0.05:
        return "under 0.1 %"
    if 99.95 <= value < 100 - 1e-7:
        return "over 99.9 %"
    near_edge = 1e-7 < value < 1 or 99 < value < 100 - 1e-7
    return f"{value:.1f} %" if near_edge else f"{value:.0f} %"


def number(value: float | None, signed: bool = False) -> str:
    """A figure with two decimals, never "-0.00"; "undefined" for None."""
    if value is None:
        return "undefined"
    rounded = round(value, 2) + 0.0
    return f"{rounded:+.2f}" if signed else f"{rounded:.2f}"


def counted(n: int, noun: str) -> str:
    """ "1 prompt", "2 prompts"; thousands set apart."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}".replace(",", " ")


def plain_rows(values: Iterable[DataclassInstance]) -> tuple[Row, ...]:
    """Dataclass values as rows of plain data."""
    return tuple(asdict(value) for value in values)
