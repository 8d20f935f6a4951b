"""Which files hold the rows: the one named, the shards of a folder, the Arrow files of a Hugging Face dataset."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_rlhfstress.errors import UserError, nearest

_KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".arrow": "arrow",
}
_DESCRIPTIONS = {"dataset_info.json", "state.json", "dataset_dict.json", "dataset_infos.json"}
_PACKED = {".gz", ".gzip"}
WHAT_TO_GIVE = "give a .jsonl, .json, .csv, .tsv (each also .gz) or .parquet file, or a Hugging Face dataset folder"


def kind_of(file: Path) -> str:
    """The kind of a file by its name. Raises UserError for one that cannot be read."""
    suffixes = [s.casefold() for s in file.suffixes]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    kind = _KINDS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise UserError(f"{file}: not a kind of file that can be read; {WHAT_TO_GIVE}")
    return kind


def find_files(path: Path) -> tuple[Path, ...]:
    """The files at ``path``, in order. Raises UserError where there are none, or several splits to choose from."""
    if path.is_file():
        kind_of(path)
        return (path,)
    if not path.is_dir():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UserError(f"there is no preference data at {path}{nearest(path.name, beside)}")
    if (path / "dataset_dict.json").is_file():
        raise UserError(f"{path} holds several splits{_splits(path)}; name the folder of one")
    if (path / "state.json").is_file():
        return _of_state(path)
    found = sorted(p for p in path.iterdir() if p.is_file() and p.name not in _DESCRIPTIONS and _readable(p))
    if not found:
        inside = [p.name for p in path.iterdir() if p.is_dir()]
        hint = f" (it has the folders {', '.join(sorted(inside))})" if inside else ""
        raise UserError(f"{path}: there is no preference data in it{hint}; {WHAT_TO_GIVE}")
    kinds = {kind_of(p) for p in found}
    if len(kinds) > 1:
        raise UserError(f"{path} holds files of several kinds ({', '.join(sorted(kinds))}); name one file")
    return tuple(found)


def _of_state(path: Path) -> tuple[Path, ...]:
    """The Arrow files that the state of a saved dataset lists."""
    try:
        state = json.loads((path / "state.json").read_text("utf-8"))
        files = tuple(path / str(entry["filename"]) for entry in state["_data_files"])
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path / 'state.json'}: it does not list the files of a saved dataset") from None
    missing = [file.name for file in files if not file.is_file()]
    if missing or not files:
        raise UserError(f"{path}: the dataset lacks {', '.join(missing) or 'any file'}")
    return files


def _splits(path: Path) -> str:
    found = sorted(p.name for p in path.iterdir() if (p / "state.json").is_file())
    return f": {', '.join(found)}" if found else ""


def _readable(file: Path) -> bool:
    try:
        return bool(kind_of(file))
    except UserError:
        return False
