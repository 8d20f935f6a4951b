"""Rows from Parquet and Arrow files, a batch at a time, read by Polars (the extra ``ledger``)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences.rows import Row

if TYPE_CHECKING:
    import polars

BATCH = 20_000
_ARROW_FILE = b"ARROW1"


def read_parquet(file: Path) -> Iterator[Row]:
    """The rows of a Parquet file, in memory for one batch. Raises UserError where it is none."""
    yield from _rows(file)


def read_arrow(file: Path) -> Iterator[Row]:
    """The rows of an Arrow file; of the streaming kind, which Hugging Face datasets keep, one file is in memory."""
    yield from _rows(file)


def _rows(file: Path) -> Iterator[Row]:
    _need_polars(file)
    import polars as pl

    line = 0
    try:
        for batch in _batches(file):
            for fields in batch.iter_rows(named=True):
                line += 1
                yield Row(file.name, line, fields)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{file}: cannot be read: {reason}") from None


def _batches(file: Path) -> Iterator[polars.DataFrame]:
    import polars as pl

    if file.suffix == ".parquet":
        yield from _slices(pl.scan_parquet(file))
        return
    with file.open("rb") as start:
        streaming = start.read(len(_ARROW_FILE)) != _ARROW_FILE
    if streaming:
        yield from pl.read_ipc_stream(file).iter_slices(BATCH)
    else:
        yield from _slices(pl.scan_ipc(file))


def _slices(scan: polars.LazyFrame) -> Iterator[polars.DataFrame]:
    # Polars' own collect_batches reads far ahead of a slow reader: its memory grows with the rows.
    import polars as pl

    rows = int(scan.select(pl.len()).collect().item())
    for at in range(0, rows, BATCH):
        yield scan.slice(at, BATCH).collect()


def _need_polars(file: Path) -> None:
    if importlib.util.find_spec("polars") is None:
        raise UserError(f"{file}: reading {file.suffix} files needs Polars; pip install 'pytest-rlhfstress[ledger]'")
