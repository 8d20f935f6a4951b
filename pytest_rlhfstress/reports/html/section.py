"""What the page shows of one instrument: its question, its sentence, pictures, the figures behind them, the caveats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_rlhfstress.reports.plain_text import printable, shortened
from pytest_rlhfstress.statistics.intervals import Interval

Spec = Mapping[str, object]
"""A picture as a Vega-Lite specification, without its colours, which the page gives."""
Datum = Mapping[str, object]
LONGEST_LABEL = 60
MOST_ROWS = 200


@dataclass(frozen=True)
class Picture:
    """A picture with the words that stand for it where it cannot be seen."""

    caption: str
    says: str
    spec: Spec


@dataclass(frozen=True)
class Table:
    """Figures in words: the first column names the row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One instrument on the page."""

    name: str
    question: str
    sentence: str
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ").capitalize()


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of at most 200 rows; None and figures are worded."""
    kept = [tuple(cell(value) for value in row) for row in rows]
    left_out = len(kept) - MOST_ROWS
    more = f" (the first {MOST_ROWS} of {len(kept)}; the JSON report has all)" if left_out > 0 else ""
    return Table(caption + more, tuple(columns), tuple(kept[:MOST_ROWS]))


def cell(value: object) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return figure(value)
    return str(value)


def figure(value: float, digits: int = 2, signed: bool = False) -> str:
    """A figure with a real minus sign, and none before a zero."""
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def between(interval: Interval) -> str:
    """An interval in words."""
    return f"{figure(interval.low)} to {figure(interval.high)}"


def share(value: float | None) -> str | None:
    """A share in percent, for a table."""
    return None if value is None else f"{100 * value:.0f} %"


def label(text: str, longest: int = LONGEST_LABEL) -> str:
    """A name or a sentence as a picture's label: one printable line, not too long."""
    line = printable(" ".join(text.split()), kept="")
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def reason(text: str) -> str:
    """A longer text in a table."""
    return shortened(" ".join(text.split()), 300)
