"""From a suite folder to a checked Suite: read, validated, compiled, its signals' examples tried."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.offered import AddSignals, offered
from pytest_rlhfstress.suites.places import find_suite
from pytest_rlhfstress.suites.reading import Source, inside, read_source
from pytest_rlhfstress.suites.signals import Signals
from pytest_rlhfstress.suites.templates import MessageTemplate
from pytest_rlhfstress.suites.tool_schemas import schema_fault
from pytest_rlhfstress.suites.vocabulary import MATTER, SECTIONS, Entry, Locale, Reference, Suite, Tool
from pytest_rlhfstress.suites.yaml_lines import MOST_BYTES, FieldPath

Fields = Mapping[str, object]


def load_suite(wanted: str | Path, roots: Iterable[Path] = ()) -> Suite:
    """The suite called, or standing at, ``wanted``, read once per process.

    Raises UserError naming file, line and field for whatever is wrong with it.
    """
    return _load(find_suite(wanted, roots), offered().signals)


@functools.cache
def _load(folder: Path, more_signals: AddSignals | None) -> Suite:
    return _Reader(read_source(folder, more_signals)).suite()


class _Reader:
    """Turns the schema-valid source of a suite into its values."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.data = source.data

    def suite(self) -> Suite:
        data = self.data
        locales = self._locales()
        entries = {category: self._entries(category) for category in SECTIONS}
        facts = _section(data, "facts")
        suite = Suite(
            name=str(data["suite"]),
            version=str(data["version"]),
            about=str(data.get("about", "")),
            review=str(data.get("review", "")),
            folder=self.source.folder,
            digest=self._digest(),
            locale=str(data["locale"]),
            locales=locales,
            fact_values={name: _words(_fields(fact), "values") for name, fact in facts.items()},
            fact_defaults={name: str(_fields(fact)["default"]) for name, fact in facts.items()},
            entries=entries,
            system=self._template(("system",), data["system"]) if "system" in data else None,
            references=self._references(),
            matter_patterns={
                name: tuple(cast(list[str], patterns))
                for name, patterns in _section(_section(data, "families"), "matters").items()
            },
            tools=self._tools(),
            records=_section(data, "records"),
            briefing=self._template(("briefing",), data["briefing"]) if "briefing" in data else None,
            signals=Signals(
                cast(Mapping[str, Fields], _section(data, "signals")),
                cast(Mapping[str, Fields], _section(data, "locales")),
                str(data["locale"]),
                self.source.where,
                cast(Mapping[str, list[str]], _section(data, "wordings")),
            ),
        )
        self._check(suite)
        suite.signals.check_examples()
        return suite

    def _digest(self) -> str:
        digest = hashlib.sha256()
        templates = sorted(self.source.folder.glob("**/*.j2"))
        for file in (*self.source.files, *filter(self._is_own, templates)):
            digest.update(file.read_bytes())
        digest.update(repr(self.source.added).encode() if self.source.added else b"")
        return digest.hexdigest()[:16]

    def _is_own(self, file: Path) -> bool:
        """Whether it is an ordinary file of the suite's folder, of a size that a template may have."""
        inside = file.resolve().is_relative_to(self.source.folder.resolve())
        return inside and file.is_file() and file.stat().st_size <= MOST_BYTES

    def _locales(self) -> dict[str, Locale]:
        return {
            name: Locale(
                name,
                str(_fields(locale)["language"]),
                cast(Mapping[str, str], _section(_fields(locale), "say")),
                {k: tuple(cast(list[str], v)) for k, v in _section(_fields(locale), "numbers").items()},
            )
            for name, locale in _section(self.data, "locales").items()
        }

    def _entries(self, category: str) -> dict[str, Entry]:
        section = SECTIONS[category]
        return {
            name: self._entry(category, (section, name), name, value)
            for name, value in _section(self.data, section).items()
        }

    def _entry(self, category: str, path: FieldPath, name: str, value: object) -> Entry:
        if category == "placement":
            return Entry(category, name, template=self._template(path, value))
        fields = _fields(value)
        key = next((key for key in ("wraps", "result") if key in fields), None)
        return Entry(
            category,
            name,
            says=_words(fields, "says"),
            says_in={k: tuple(cast(list[str], v)) for k, v in _section(fields, "says_in").items()},
            facts=cast(Mapping[str, str], _section(fields, "facts")),
            kind=str(fields.get("kind", "")),
            family=str(fields.get("family", "")),
            expects=_words(fields, "expects"),
            keywords=_words(fields, "keywords"),
            crosses_off=_words(fields, "crosses_off"),
            at=str(fields.get("at", "end")),
            template=self._template((*path, key), fields[key]) if key is not None else None,
            rewrite=str(fields.get("rewrite", "")),
            replace=cast(Mapping[str, str], _section(fields, "replace")),
            locale=str(fields.get("locale", "")),
            language=str(fields.get("language", "")),
            about=str(fields.get("about", "")),
            source=str(fields.get("source", "")),
            reacts_to=str(fields.get("reacts_to", "")),
            otherwise=_words(fields, "otherwise"),
            fails=bool(fields.get("fails", False)),
        )

    def _tools(self) -> tuple[Tool, ...]:
        found: dict[str, Tool] = {}
        for at, value in enumerate(cast(list[object], self.data.get("tools", []))):
            fields, path = _fields(value), ("tools", at)
            name, parameters = str(fields["name"]), cast(Fields, fields["parameters"])
            if name in found:
                raise self.source.error((*path, "name"), f"there are two tools {name!r}; give one another name")
            fault = schema_fault(parameters)
            if fault:
                raise self.source.error((*path, "parameters"), f"no JSON Schema of an object: {fault}")
            answer = self._template((*path, "answer"), fields["answer"]) if "answer" in fields else None
            found[name] = Tool(name, str(fields["description"]), parameters, answer)
        return tuple(found.values())

    def _template(self, path: FieldPath, value: object) -> MessageTemplate:
        where = self.source.where(path)
        if isinstance(value, dict):
            file = inside(self.source.folder, str(value["file"]), where)
            if file.stat().st_size > MOST_BYTES:
                raise UserError(f"{file}: {file.stat().st_size} bytes, which is more than a template may have")
            try:
                return MessageTemplate(file.read_text("utf-8"), str(file))
            except UnicodeDecodeError:
                raise UserError(f"{file}: not UTF-8; save the file as UTF-8") from None
        return MessageTemplate(str(value), where)

    def _references(self) -> tuple[Reference, ...]:
        found = []
        for at, value in enumerate(cast(list[object], self.data.get("references", []))):
            fields = _fields(value)
            template = self._template(("references", at, "reply"), fields["reply"])
            found.append(Reference(cast(Mapping[str, str], _section(fields, "when")), template))
        return tuple(found)

    def _check(self, suite: Suite) -> None:
        error = self.source.error
        if suite.locale not in suite.locales:
            raise error(("locale",), f"there is no locale {suite.locale!r}{nearest(suite.locale, suite.locales)}")
        for name, default in suite.fact_defaults.items():
            if default not in suite.fact_values[name]:
                raise error(("facts", name, "default"), f"{default!r} is none of its values")
        for category, entries in suite.entries.items():
            for name, entry in entries.items():
                self._check_entry(suite, entry, (SECTIONS[category], name))
        for at, reference in enumerate(suite.references):
            self._check_facts(suite, reference.when, ("references", at, "when"))
        self._check_templates(suite)

    def _check_entry(self, suite: Suite, entry: Entry, path: FieldPath) -> None:
        self._check_facts(suite, entry.facts, (*path, "facts"))
        for at, signal in enumerate(entry.expects):
            if signal not in suite.signals.names:
                raise self.source.error(
                    (*path, "expects", at), f"there is no signal {signal!r}{nearest(signal, suite.signals.names)}"
                )
        if entry.locale and entry.locale not in suite.locales:
            raise self.source.error(
                (*path, "locale"), f"there is no locale {entry.locale!r}{nearest(entry.locale, suite.locales)}"
            )
        if entry.reacts_to and entry.reacts_to not in suite.signals.names:
            raise self.source.error(
                (*path, "reacts_to"),
                f"there is no signal {entry.reacts_to!r}{nearest(entry.reacts_to, suite.signals.names)}",
            )
        if any(MATTER in phrase for phrase in entry.says) and not entry.tells_the_matter and entry.category == "move":
            raise self.source.error((*path, "says"), f"either all of its phrasings have {MATTER} in them or none")
        if bool(entry.otherwise) != bool(entry.reacts_to):
            raise self.source.error(path, "reacts_to (a signal) and otherwise (what is said without it) go together")
        for at, crossed in enumerate(entry.crosses_off):
            category, _, name = crossed.partition(":")
            if name not in suite.entries.get(category, {}):
                known = [f"{c}:{n}" for c, found in suite.entries.items() for n in found]
                raise self.source.error(
                    (*path, "crosses_off", at), f"there is no ingredient {crossed!r}{nearest(crossed, known)}"
                )

    def _check_facts(self, suite: Suite, facts: Mapping[str, str], path: FieldPath) -> None:
        for name, value in facts.items():
            if name not in suite.fact_values:
                raise self.source.error((*path, name), f"there is no fact {name!r}{nearest(name, suite.fact_values)}")
            if value not in suite.fact_values[name]:
                raise self.source.error(
                    (*path, name), f"{value!r} is no value of {name!r}{nearest(value, suite.fact_values[name])}"
                )

    def _check_templates(self, suite: Suite) -> None:
        values = {"locale": suite.locale_values(suite.locale)}
        if suite.system is not None:
            suite.system.render(values)
        for reference in suite.references:
            reference.template.render({**values, "expects": list(suite.signals.names)})
        for placement in suite.entries["placement"].values():
            assert placement.template is not None
            for rest in ([], ["One."], ["One.", "Two.", "Three."]):
                placement.template.render({"matter": "A matter.", "rest": rest})
        for attack in suite.entries["attack"].values():
            if attack.template is not None:
                attack.template.render({"message": "A message."})
        if suite.briefing is not None:
            suite.briefing.render({**values, "records": suite.records})
        for fault in suite.entries["fault"].values():
            assert fault.template is not None
            fault.template.render({"answer": "{}", "tool": "a_tool"})


def _fields(value: object) -> Fields:
    return cast(Fields, value)


def _section(data: Fields, name: str) -> dict[str, object]:
    return cast(dict[str, object], data.get(name, {}))


def _words(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(cast(list[str], fields.get(name, [])))
