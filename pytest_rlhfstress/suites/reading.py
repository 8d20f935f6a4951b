"""A suite folder's YAML files, merged into one document that still knows every field's file and line."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.offered import AddSignals
from pytest_rlhfstress.suites.places import ENTRY, shipped_root
from pytest_rlhfstress.suites.yaml_lines import Document, FieldPath, read_yaml

COMMON = "common/"
LONGEST_PATH, LONGEST_PART = 1000, 250
"""Characters of an included file's path and bytes of each part; file systems refuse more with errors of their own."""


@dataclass(frozen=True)
class Source:
    """The merged data of a suite and where each field came from."""

    folder: Path
    data: dict[str, object]
    origin: Mapping[FieldPath, tuple[Path, int]]
    files: tuple[Path, ...]
    added: tuple[Mapping[str, Mapping[str, object]], ...] = ()
    """Signals that plugins add."""

    def where(self, path: FieldPath) -> str:
        """``suite.yaml:12: signals.escalation.rules[0]`` for a field."""
        known = path
        while known and known not in self.origin:
            known = known[:-1]
        file, line = self.origin.get(known, (self.folder / ENTRY, 1))
        return f"{file}:{line}: {dotted(path)}" if path else f"{file}:{line}"

    def error(self, path: FieldPath, text: str) -> UserError:
        """An error about a field."""
        return UserError(f"{self.where(path)}: {text}")


def dotted(path: FieldPath) -> str:
    """``a.b[0].c`` for a path of keys and indices."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def read_source(folder: Path, more_signals: AddSignals | None = None) -> Source:
    """``suite.yaml``, what it includes and what plugins add, validated.

    Raises UserError naming file, line and field.
    """
    main = read_yaml(folder / ENTRY)
    files = [main, *(read_yaml(file) for file in _included(main, folder))]
    name = main.data.get("suite") if isinstance(main.data, dict) else None
    added = tuple(more_signals(str(name))) if more_signals is not None else ()
    documents = [*files, *map(_of_a_plugin, added)]
    data: dict[str, object] = {}
    origin: dict[FieldPath, tuple[Path, int]] = {}
    for document in documents:
        _merge(document, data, origin)
    source = Source(folder, data, origin, tuple(d.file for d in files), added)
    _validate(source)
    return source


def _of_a_plugin(signals: Mapping[str, Mapping[str, object]]) -> Document:
    """Signals that a plugin adds, as a document whose fields all stand on its first line."""
    plain = json.loads(json.dumps(signals, default=repr))
    lines: dict[FieldPath, int] = {("signals",): 1, **{("signals", str(name)): 1 for name in plain}}
    return Document(Path("pytest_rlhf_signals of a plugin"), {"signals": plain}, lines)


def _included(main: Document, folder: Path) -> list[Path]:
    if not isinstance(main.data, dict):
        raise UserError(f"{main.file}:1: a suite is a mapping of sections (suite:, version:, ...)")
    wanted = main.data.get("include", [])
    if not isinstance(wanted, list):
        raise UserError(f"{main.file}:{main.lines.get(('include',), 1)}: include: must be a list of files")
    return [
        _include(str(name), folder, f"{main.file}:{main.lines[('include', at)]}: include[{at}]")
        for at, name in enumerate(wanted)
    ]


def _include(name: str, folder: Path, where: str) -> Path:
    if name.startswith(COMMON):
        common = shipped_root() / COMMON
        file = common / (name.removeprefix(COMMON) + ".yaml")
        if _is_too_long(name) or file.parent != common or not file.is_file():
            raise UserError(
                f"{where}: there is no {name!r}{nearest(name, (COMMON + f.stem for f in common.glob('*.yaml')))}"
            )
        return file
    return inside(folder, name, where)


def _is_too_long(name: str) -> bool:
    return len(name) > LONGEST_PATH or any(len(p.encode(errors="replace")) > LONGEST_PART for p in name.split("/"))


def inside(folder: Path, name: str, where: str) -> Path:
    """The file ``name`` of the suite's own folder. Raises UserError where it is missing or lies outside."""
    if _is_too_long(name):
        raise UserError(f"{where}: {name[:80]!r}... is too long for a file's name")
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise UserError(f"{where}: {name!r} lies outside the suite's folder; copy it in")
    if not file.is_file():
        raise UserError(
            f"{where}: there is no file {name!r} in {folder}{nearest(name, (f.name for f in folder.iterdir()))}"
        )
    return file


def _merge(document: Document, data: dict[str, object], origin: dict[FieldPath, tuple[Path, int]]) -> None:
    if not isinstance(document.data, dict):
        raise UserError(f"{document.file}:1: a suite file is a mapping of sections (duties:, intents:, ...)")
    for section, content in document.data.items():
        here = data.get(section)
        if here is None:
            data[section] = dict(content) if isinstance(content, dict) else content
        elif isinstance(here, dict) and isinstance(content, dict):
            for name, entry in content.items():
                if name in here:
                    first = origin[(section, name)]
                    raise UserError(
                        f"{document.file}:{document.lines[(section, name)]}: {section}.{name} stands already at "
                        f"{first[0]}:{first[1]}; give it another name"
                    )
                here[name] = entry
        elif isinstance(here, list) and isinstance(content, list):
            here.extend(content)
        else:
            raise UserError(f"{document.file}:{document.lines[(section,)]}: {section} may stand in one file only")
    for path, line in document.lines.items():
        origin.setdefault(path, (document.file, line))


@functools.cache
def suite_schema() -> dict[str, object]:
    """The JSON Schema of ``suite.yaml``."""
    schema: dict[str, object] = json.loads((Path(__file__).parent / "suite.schema.json").read_text("utf-8"))
    return schema


def _validate(source: Source) -> None:
    errors = list(Draft202012Validator(suite_schema()).iter_errors(source.data))
    if not errors:
        return
    # A misspelt key also leaves the right one missing; the misspelling is what to tell.
    error = next((e for e in errors if e.validator == "additionalProperties"), None) or best_match(errors)
    path: FieldPath = tuple(error.absolute_path)
    raise source.error(*_explained(error, path))


def _explained(error: ValidationError, path: FieldPath) -> tuple[FieldPath, str]:
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema["properties"] if isinstance(error.schema, dict) else {}
        unknown = [key for key in error.instance if key not in known]
        if unknown:
            return (*path, unknown[0]), f"unknown key {unknown[0]!r}{nearest(unknown[0], known)}"
    if error.validator == "required":
        return path, f"{error.message}; add it"
    if error.validator == "propertyNames" or (path == () and error.validator == "pattern"):
        return path, f"a name is lower-case letters, digits and _, beginning with a letter: {error.message}"
    if error.validator == "oneOf" and isinstance(error.schema, dict):
        choices = [" ".join(o["required"]) for o in error.schema["oneOf"] if "required" in o]
        if choices:
            return path, f"must have exactly one of: {', '.join(choices)}"
    if (
        error.validator == "type"
        and isinstance(error.instance, bool | int | float)
        and error.validator_value == "string"
    ):
        return path, f"must be text, and YAML reads {error.instance!r} as something else; put it in quotes"
    shown = error.message if len(error.message) < 300 else error.message[:300] + " ..."
    return path, shown
