"""--rlhf-list: the suites there are, with their families, facts, ingredients, signals and specs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.offered import offered
from pytest_rlhfstress.reports.plain_text import shown, wrapped

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
    for folder, origin in _found(here).items():
        try:
            suite = load_suite(folder)
        except UserError as error:
            yield from [f"{folder.name}: cannot be read", *wrapped(shown(str(error)), INDENT), ""]
            continue
        yield from _described(suite, origin)


def _found(here: Sequence[Path]) -> dict[Path, str]:
    from pytest_rlhfstress.suites import installed_suites, shipped_suites

    found = dict.fromkeys(shipped_suites().values(), "shipped")
    found |= dict.fromkeys(installed_suites().values(), "installed")
    found |= dict.fromkeys(offered().suites.values(), "offered by a plugin")
    own = sorted({e.parent.resolve() for root in here for p in ("*", "suites/*") for e in root.glob(f"{p}/suite.yaml")})
    return found | {folder: str(folder) for folder in own if folder not in found}


def _described(suite: Suite, origin: str) -> Iterator[str]:
    from pytest_rlhfstress.suites.vocabulary import SECTIONS

    entries = {SECTIONS[category]: found for category, found in suite.entries.items() if found}
    specs = sum(file.read_text("utf-8").count("\ndef test_") for file in suite.folder.glob("test_*.py"))
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
