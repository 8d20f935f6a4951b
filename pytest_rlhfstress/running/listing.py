"""--rlhf-list: the suites there are, with their families, facts, ingredients, signals and specs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.offered import offered
from pytest_rlhfstress.reports.plain_text import shown, wrapped
from pytest_rlhfstress.running.mentions import mentions_in

if TYPE_CHECKING:
    from pytest_rlhfstress.suites import Suite

INDENT = "  "


def listing(wanted: Sequence[str], here: Sequence[Path]) -> Iterator[str]:
    """The lines of the list: of the ``wanted`` suites, else of all that are shipped, installed, offered, or ``here``.

    A suite that cannot be read is listed with what is wrong with it. Raises UserError for a wanted one that there is
    not.
    """
    from pytest_rlhfstress.suites import find_suite, load_suite

    if wanted:
        for name in wanted:
            yield from _described(load_suite(name, here), str(find_suite(name, here)))
        return
    found, unreadable = _found(here)
    for folder, origin in found.items():
        try:
            yield from [*_described(load_suite(folder), origin)]
        except UserError as error:
            unreadable[folder.name] = str(error)
    for name, fault in unreadable.items():
        yield from [f"{name}: cannot be read", *wrapped(shown(fault), INDENT), ""]


def _found(here: Sequence[Path]) -> tuple[dict[Path, str], dict[str, str]]:
    """Each folder and where it comes from; and what is wrong with installed suites, by name, that have none."""
    from pytest_rlhfstress.suites import folder_of_installed, installed_suites, shipped_suites

    found, faults = dict.fromkeys(shipped_suites().values(), "shipped"), {}
    for name, package in installed_suites().items():
        try:
            found[folder_of_installed(name, package)] = "installed"
        except UserError as error:
            faults[name] = str(error)
    found |= dict.fromkeys(offered().suites.values(), "offered by a plugin")
    own = sorted({e.parent.resolve() for root in here for p in ("*", "suites/*") for e in root.glob(f"{p}/suite.yaml")})
    return found | {folder: str(folder) for folder in own if folder not in found}, faults


def _described(suite: Suite, origin: str) -> Iterator[str]:
    from pytest_rlhfstress.suites.vocabulary import SECTIONS

    entries = {SECTIONS[category]: found for category, found in suite.entries.items() if found}
    specs = sum(mentions_in(f.read_text("utf-8", "replace")).tests for f in suite.folder.glob("test_*.py"))
    ingredients = sum(map(len, entries.values()))
    families = sorted({e.family for e in suite.entries["intent"].values() if e.family})
    facts = [f"{name}={'|'.join(values)}" for name, values in suite.fact_values.items()]
    yield f"{suite.name} {suite.version} ({origin}): {specs} specs, {len(suite.signals.names)} signals, " + (
        f"{ingredients} ingredients"
    )
    said = [suite.about, f"review: {suite.review}" if suite.review else ""]
    said += [f"facts: {'; '.join(facts)}", f"locales: {', '.join(suite.locales)}", f"families: {', '.join(families)}"]
    said += [f"{section.replace('_', ' ')} ({len(found)}): {', '.join(found)}" for section, found in entries.items()]
    said.append(f"signals ({len(suite.signals.names)}): {', '.join(suite.signals.names)}")
    for text in filter(None, said):
        yield from wrapped(shown(text), INDENT, INDENT)
    yield ""
