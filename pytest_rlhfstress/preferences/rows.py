"""Rows of preference data from files, one at a time: JSON Lines, JSON, CSV, each perhaps gzipped; plain Python."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences.problems import Problem

LONGEST_CELL = 2**31 - 1
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in ``file``, which begins with line 1; in a Parquet or Arrow file, with row 1."""

    file: str
    line: int
    fields: Mapping[str, object]


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where they are gzipped (whatever the name says).

    Raises UserError where the file cannot be opened or its packing is damaged.
    """
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == _GZIP
        with gzip.open(file, "rb") if packed else file.open("rb") as stream:
            yield cast(IO[bytes], stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{file}: the gzip data end too early or are damaged ({error}); copy the file again") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None


def jsonl_rows(lines: Iterable[bytes | str], file: str) -> Iterator[Row | Problem]:
    """A row for each line that is a JSON object, a problem for each that is not; blank lines are passed over."""
    for line, text in enumerate(lines, 1):
        if text.isspace():
            continue
        try:
            if line == 1 and isinstance(text, bytes):
                text = text.removeprefix(_BOM)
            fields = json.loads(text)
        except UnicodeDecodeError:
            yield Problem(file, line, "not UTF-8; save the file as UTF-8")
        except RecursionError:
            yield Problem(file, line, "nested too deeply to be read")
        except ValueError as error:
            yield Problem(file, line, f"not JSON: {error}")
        else:
            if isinstance(fields, dict):
                yield Row(file, line, fields)
            else:
                yield Problem(file, line, f"a JSON {type(fields).__name__}; each line must be an object")


def read_jsonl(file: Path) -> Iterator[Row | Problem]:
    """The rows of a JSON Lines file, in constant memory."""
    with opened(file) as stream:
        yield from jsonl_rows(stream, file.name)


def read_json(file: Path) -> Iterator[Row | Problem]:
    """The rows of a file that is one JSON list (held in memory), or JSON Lines under that name."""
    with opened(file) as stream:
        start = stream.read(64).removeprefix(_BOM).lstrip()
        if not start.startswith(b"["):
            stream.seek(0)
            yield from jsonl_rows(stream, file.name)
            return
        stream.seek(0)
        try:
            rows = json.loads(stream.read().decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise UserError(f"{file}: not JSON: {error}") from None
    for at, fields in enumerate(rows, 1):
        yield Row(file.name, at, fields) if isinstance(fields, dict) else Problem(file.name, at, "not an object")


def read_csv(file: Path) -> Iterator[Row | Problem]:
    """The rows of a CSV file (tabs where it is called .tsv); a cell that holds a JSON list of turns is read as one."""
    csv.field_size_limit(LONGEST_CELL)
    with opened(file) as stream:
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter="\t" if ".tsv" in file.suffixes else ",")
        header = next(reader, [])
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield Problem(file.name, line, f"not CSV: {error}")
                continue
            if cells is None:
                return
            if cells:
                yield _csv_row(file.name, line, header, cells)


def _csv_row(file: str, line: int, header: list[str], cells: list[str]) -> Row | Problem:
    if len(cells) != len(header):
        return Problem(file, line, f"{len(cells)} cells, and the header has {len(header)}")
    if any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell if not cell.isascii()):
        return Problem(file, line, "not UTF-8; save the file as UTF-8")
    return Row(file, line, {name: _cell(cell) for name, cell in zip(header, cells, strict=True)})


def _cell(text: str) -> object:
    """A cell that holds a JSON list of objects or texts as that list, any other cell as it is."""
    if text.startswith(("[{", '["')):
        try:
            return cast(object, json.loads(text))
        except (ValueError, RecursionError):
            return text
    return text
