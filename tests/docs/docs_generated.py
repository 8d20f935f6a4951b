"""The parts of pages that are written from the code, between ``<!-- generated: NAME -->`` and ``<!-- end -->``."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast

from docs_running import run

from pytest_rlhfstress import hookspecs
from pytest_rlhfstress.options import add_options
from pytest_rlhfstress.reports.json_report import schema as report_schema
from pytest_rlhfstress.suites import load_suite, shipped_suites
from pytest_rlhfstress.suites.reading import suite_schema
from pytest_rlhfstress.suites.vocabulary import SECTIONS

PART = re.compile(r"(<!-- generated: (?P<name>[\w -]+) -->\n)(?:.*?\n)??(<!-- end -->)", re.DOTALL)


def regenerated(text: str) -> str:
    """The page with every generated part written anew."""
    return PART.sub(lambda m: f"{m[1]}\n{_part(m['name'])}\n\n{m[3]}", text)


def _part(name: str) -> str:
    kind, _, argument = name.partition(" ")
    return PARTS[kind](argument).strip("\n")


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in r) + " |" for r in lines)


class _Recorder:
    """Takes the place of pytest's parser and notes what is declared."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []
        self.ini: set[str] = set()

    def getgroup(self, *_: str) -> _Recorder:
        return self

    def addini(self, key: str, **_: object) -> None:
        self.ini.add(key)

    def addoption(self, flag: str, **how: object) -> None:
        says = re.sub(r" \(ini: \w+\)$", "", str(how["help"]))
        says, _, default = says.partition(" Default: ")
        shown = f"`{flag}={how['metavar']}`" if how.get("metavar") else f"`{flag}`"
        self.rows.append((shown, f"`{how['dest']}`", says[:1].upper() + says[1:], default))


def options(_: str) -> str:
    recorder = _Recorder()
    add_options(cast("object", recorder))  # type: ignore[arg-type]
    rows = ((flag, key if key.strip("`") in recorder.ini else "", *more) for flag, key, *more in recorder.rows)
    return _table(("option", "ini key", "what it does", "default"), rows)


@cache
def _asked_of_pytest(command: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        return run(command, Path(folder))[1]


def fixtures(_: str) -> str:
    rows: list[tuple[str, str, str]] = []
    ours = False
    for line in _asked_of_pytest("pytest --fixtures -p no:cacheprovider"):
        if line.startswith("---"):
            ours = "pytest_rlhfstress" in line
        elif ours and (found := re.match(r"(\w+) \[(\w+) scope\] -- ", line)):
            rows.append((f"`{found[1]}`", found[2], ""))
        elif ours and rows and line.strip():
            name, scope, says = rows[-1]
            rows[-1] = (name, scope, f"{says} {line.strip()}".strip())
    return _table(("fixture", "scope", "what it gives"), iter(sorted(rows)))


def markers(_: str) -> str:
    found = [re.match(r"@pytest\.mark\.(rlhf_.+?\)): (.+)", line) for line in _asked_of_pytest("pytest --markers")]
    return _table(("marker", "what it does"), ((f"`@pytest.mark.{m[1]}`", m[2]) for m in found if m))


def schema(section: str) -> str:
    """The fields of one section of suite.yaml; without a section, the sections."""
    found = cast(Mapping[str, Mapping[str, object]], suite_schema()["properties"])
    if not section:
        required = cast(list[str], suite_schema()["required"])
        rows = ((f"`{n}`", "yes" if n in required else "", _says(f)) for n, f in found.items())
        return _table(("section", "required", "what it holds"), rows)
    entry = found[section]
    entry = cast(Mapping[str, object], entry.get("additionalProperties") or entry.get("items") or entry)
    return _fields(entry)


def rules(_: str) -> str:
    """The fields of a rule of a signal."""
    found = cast(Mapping[str, Mapping[str, Mapping[str, object]]], suite_schema()["properties"])
    signal = cast(Mapping[str, Mapping[str, Mapping[str, object]]], found["signals"]["additionalProperties"])
    return _fields(signal["properties"]["rules"]["items"])  # type: ignore[arg-type]


def _fields(entry: Mapping[str, object]) -> str:
    fields = cast(Mapping[str, Mapping[str, object]], entry["properties"])
    required = cast(list[str], entry.get("required", []))
    rows = ((f"`{n}`", "yes" if n in required else "", _kind(f), _says(f)) for n, f in fields.items())
    return _table(("field", "required", "kind", "what it means"), rows)


def _kind(field: Mapping[str, object]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in cast(list[str], field["enum"]))
    if "oneOf" in field:
        return "template, or `{file: NAME}`"
    words = {"array": "list", "object": "mapping", "string": "text", "boolean": "true or false"}
    return words[str(field["type"])]


def _says(field: Mapping[str, object]) -> str:
    entry = field.get("additionalProperties")
    says = field.get("description") or (entry.get("description", "") if isinstance(entry, dict) else "")
    default = f" Default: `{str(field['default']).lower()}`." if "default" in field else ""
    return f"{says}{default}".strip()


def suites(_: str) -> str:
    """The shipped suites with their counts."""
    loaded = [load_suite(name) for name in shipped_suites()]
    rows = (
        (
            f"`{s.name}` {s.version}",
            s.about,
            str(len(s.signals.names)),
            ", ".join(
                f"{len(s.entries[c])} {words.replace('_', ' ')}" for c, words in SECTIONS.items() if s.entries[c]
            ),
            str(sum(f.read_text("utf-8").count("\ndef test_") for f in s.folder.glob("test_*.py"))),
        )
        for s in loaded
    )
    return _table(("suite", "what it is for", "signals", "ingredients", "specs"), rows)


def hooks(_: str) -> str:
    """Each hook with its signature and what its docstring says."""
    parts = []
    for name, hook in vars(hookspecs).items():
        if name.startswith("pytest_rlhf_"):
            first, _blank, rest = inspect.cleandoc(hook.__doc__ or "").partition("\n\n")
            given = ", ".join(inspect.signature(hook).parameters)
            parts.append(f"## `{name}({given})`\n\n{first}\n\n{rest}")
    return "\n\n".join(parts)


def values(_: str) -> str:
    """The fields of the values that hooks get and return."""
    parts = []
    for value in (hookspecs.FinishedCase, hookspecs.ReportSection):
        rows = ((f"`{field.name}`", f"`{field.type}`") for field in dataclasses.fields(value))
        says = inspect.cleandoc(value.__doc__ or "").replace("``", "`")
        parts.append(f"### `{value.__name__}`\n\n{says}\n\n{_table(('field', 'type'), rows)}")
    return "\n\n".join(parts)


def report(section: str) -> str:
    """The fields of one object of the JSON report; without a section, of the whole."""
    whole = cast(Mapping[str, Mapping[str, Mapping[str, object]]], report_schema())
    found = whole["$defs"][section] if section else whole
    required = cast(list[str], found.get("required", []))
    fields = cast(Mapping[str, Mapping[str, object]], found["properties"])
    rows = ((f"`{n}`", "yes" if n in required else "", _kinds(f), _says(f)) for n, f in fields.items())
    return _table(("field", "always", "kind", "what it means"), rows)


def _kinds(field: Mapping[str, object]) -> str:
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "oneOf" in field or "anyOf" in field:
        return " or ".join(_kinds(f) for f in cast(list[Mapping[str, object]], field.get("oneOf") or field["anyOf"]))
    if "enum" in field:
        return _kind(field)
    kind = field.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


PARTS: Mapping[str, Callable[[str], str]] = {
    f.__name__: f for f in (options, fixtures, markers, schema, rules, suites, hooks, values, report)
}
