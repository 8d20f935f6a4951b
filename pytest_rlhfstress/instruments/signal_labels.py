"""Replies that people labelled, read from JSON Lines or CSV: what the detectors of a suite are measured against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.preferences import Problem, Row, read_csv, read_jsonl
from pytest_rlhfstress.suites import Suite

NEEDED = ("prompt", "reply", "signal", "label")
SHOWN = 5
_READERS = {".jsonl": read_jsonl, ".ndjson": read_jsonl, ".csv": read_csv, ".tsv": read_csv}
_LABELS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PACKED = (".gz", ".gzip")


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """What somebody found: whether ``reply`` to ``prompt`` shows ``signal``. ``line`` counts from 1."""

    prompt: str
    reply: str
    signal: str
    label: bool
    locale: str
    line: int


def read_labels(suite: Suite, path: str | Path) -> tuple[LabelledRow, ...]:
    """The rows of a ``.jsonl`` or ``.csv`` file (each perhaps gzipped), in order.

    A row has the fields ``prompt``, ``reply``, ``signal`` and ``label`` (true or false, yes or no, 1 or 0),
    perhaps ``locale`` (by default the suite's), and any others. Raises UserError naming file and lines where a
    row cannot be used: one that is left out would change every figure.
    """
    file = Path(path)
    rows: list[LabelledRow] = []
    problems: list[Problem] = []
    for found in _read(file):
        read = found if isinstance(found, Problem) else _row(suite, found)
        problems.append(read) if isinstance(read, Problem) else rows.append(read)
    if problems:
        shown = "\n".join(f"  {problem}" for problem in problems[:SHOWN])
        more = f"\n  and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise UserError(
            f"{file}: {len(problems)} of {len(problems) + len(rows)} rows cannot be used as labels:\n{shown}{more}\n"
            f"A row has the fields {', '.join(NEEDED)}; label is true or false"
        )
    if not rows:
        raise UserError(f"{file}: there are no labels in it; a row has the fields {', '.join(NEEDED)}")
    return tuple(rows)


def _read(file: Path) -> Iterator[Row | Problem]:
    suffixes = [suffix.casefold() for suffix in file.suffixes]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    reader = _READERS.get(suffixes[-1] if suffixes else "")
    if not file.is_file():
        beside = [p.name for p in file.parent.iterdir()] if file.parent.is_dir() else []
        raise UserError(f"there is no file of labels at {file}{nearest(file.name, beside)}")
    if reader is None:
        raise UserError(f"{file}: labels are read from .jsonl, .csv and .tsv files; save it as one of these")
    return reader(file)


def _row(suite: Suite, row: Row) -> LabelledRow | Problem:
    fields = row.fields
    missing = [name for name in NEEDED if fields.get(name) is None]
    if missing:
        name = missing[0]
        return Problem(row.file, row.line, f"no field {name!r}{nearest(name, fields)}")
    prompt, reply, signal = fields["prompt"], fields["reply"], fields["signal"]
    locale = fields.get("locale") or suite.locale
    label = _LABELS.get(str(fields["label"]).strip().casefold())
    reason = ""
    if not isinstance(prompt, str):
        reason = f"prompt is no text but {type(prompt).__name__}"
    elif not isinstance(reply, str):
        reason = f"reply is no text but {type(reply).__name__}"
    elif not isinstance(signal, str) or signal not in suite.signals.names:
        reason = f"the suite {suite.name!r} has no signal {signal!r}{nearest(str(signal), suite.signals.names)}"
    elif label is None:
        reason = f"label is {fields['label']!r}; write true or false"
    elif not isinstance(locale, str) or locale not in suite.locales:
        reason = f"the suite {suite.name!r} has no locale {locale!r}{nearest(str(locale), suite.locales)}"
    else:
        return LabelledRow(prompt, reply, str(signal), label, str(locale), row.line)
    return Problem(row.file, row.line, reason)
