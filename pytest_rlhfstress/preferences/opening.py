"""Open preference data where they lie: one file, a folder of shards, or a Hugging Face dataset folder."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences.columnar import read_arrow, read_parquet
from pytest_rlhfstress.preferences.files import find_files, kind_of
from pytest_rlhfstress.preferences.pair import LabelledReply, PreferencePair, Rating
from pytest_rlhfstress.preferences.problems import Problem, Problems
from pytest_rlhfstress.preferences.reading import labelled_in, pairs_in, ratings_in
from pytest_rlhfstress.preferences.rows import Row, read_csv, read_json, read_jsonl
from pytest_rlhfstress.preferences.shapes import Kind, Shape, parse_fields, recognise

_Read = TypeVar("_Read")
MOST_BAD = 0.05
LOOKED_AT = 100
_READERS: dict[str, Callable[[Path], Iterator[Row | Problem]]] = {
    "jsonl": read_jsonl,
    "json": read_json,
    "csv": read_csv,
    "parquet": read_parquet,
    "arrow": read_arrow,
}
_WHAT: dict[Kind, str] = {
    "pair": "preference pairs: call pairs()",
    "contest": "preference pairs: call pairs()",
    "label": "replies with a label each, not pairs: no instrument can compare them; call labelled_replies()",
    "rating": "raters' values of single items, not pairs: no instrument can compare them; call ratings()",
}


class PreferenceFile:
    """Preference data in files, read one row at a time as often as asked.

    ``problems`` tells what the latest reading met: bad rows with their lines, and remarks.
    """

    def __init__(self, path: Path, files: tuple[Path, ...], shape: Shape, most_bad: float) -> None:
        self.path = path
        self.files = files
        self.shape = shape
        self.problems = Problems(path.name, most_bad)
        self._most_bad = most_bad

    @property
    def name(self) -> str:
        """The name of the file or folder."""
        return self.path.name

    @property
    def remarks(self) -> tuple[str, ...]:
        """What there is to say of the latest reading, one sentence each: rows left out, and what was odd."""
        return self.problems.lines

    def pairs(self) -> Iterator[PreferencePair]:
        """Every preference pair, in order. Raises UserError where the data are no pairs or too many rows are bad."""
        self._need("pair", "contest")
        yield from self._read(pairs_in)

    def labelled_replies(self) -> Iterator[LabelledReply]:
        """Every labelled reply, in order. Raises UserError as ``pairs`` does."""
        self._need("label")
        yield from self._read(labelled_in)

    def ratings(self) -> Iterator[Rating]:
        """Every rating, in order. Raises UserError as ``pairs`` does."""
        self._need("rating")
        yield from self._read(ratings_in)

    def _need(self, *kinds: Kind) -> None:
        if self.shape.kind not in kinds:
            raise UserError(f"{self.path}: these are {_WHAT[self.shape.kind]}")

    def _read(self, read: Callable[[Iterator[Row | Problem], Shape, Problems], Iterator[_Read]]) -> Iterator[_Read]:
        problems = self.problems = Problems(self.name, self._most_bad)
        yield from read(_rows(self.files), self.shape, problems)
        problems.stop_if_too_many()


def open_preferences(
    path: str | Path, fields: str | Mapping[str, str] | None = None, most_bad: float = MOST_BAD
) -> PreferenceFile:
    """The preference data at ``path``, ready to be gone through.

    ``fields`` says which field of the file plays which part (``"prompt=instruction,chosen=good"`` or a mapping)
    where the usual names do not. More than a share ``most_bad`` of bad rows stops the reading.
    Raises UserError for a file that is missing, empty or of no kind known here.
    """
    place = Path(path).expanduser()
    files = find_files(place)
    given = parse_fields(fields) if isinstance(fields, str) else dict(fields or {})
    columns: dict[str, None] = {}
    problems = Problems(place.name, most_bad)
    for row in itertools.islice(_rows(files), LOOKED_AT):
        problems.rows += 1
        if isinstance(row, Problem):
            problems.add(row)
        else:
            columns.update(dict.fromkeys(row.fields))
    if not problems.rows:
        raise UserError(f"{place}: there is no row in it")
    if not columns:
        problems.stop_if_too_many()
    return PreferenceFile(place, files, recognise(columns, given, place.name), most_bad)


def _rows(files: tuple[Path, ...]) -> Iterator[Row | Problem]:
    for file in files:
        yield from _READERS[kind_of(file)](file)
