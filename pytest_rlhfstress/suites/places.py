"""Where suites are found: a folder named by path, shipped, installed or offered by a plugin, the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.offered import offered

PACKAGE = Path(__file__).resolve().parent.parent
ENTRY = "suite.yaml"
GROUP = "pytest_rlhfstress.suites"
"""The entry-point group of suites distributed on their own: the suite's name, and the package that is its folder."""
_known: dict[str, Path] = {}


def shipped_root() -> Path:
    """The folder of the suites that come with the package (in a checkout: the repository's ``suites``)."""
    installed = PACKAGE / "shipped_suites"
    return installed if installed.is_dir() else PACKAGE.parent / "suites"


def shipped_suites() -> dict[str, Path]:
    """Name and folder of each shipped suite."""
    return {e.parent.name: e.parent for e in sorted(shipped_root().glob(f"*/{ENTRY}"))}


def installed_suites() -> dict[str, str]:
    """Name and package of each suite that an installed distribution names under the entry-point group, unopened."""
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=GROUP)}


def folder_of_installed(name: str, package: str) -> Path:
    """The folder of an installed suite. Raises UserError for an entry point that leads to no suite."""
    from importlib.util import find_spec

    where = f"the installed suite {name!r} (entry-point group {GROUP})"
    try:
        spec = find_spec(package)
    except Exception as error:  # A dotted name has the packages around it imported, whose code may raise anything.
        raise UserError(f"{where}: {package!r} cannot be imported: {error}") from None
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec is not None else []
    for folder in folders:
        if (folder / ENTRY).is_file():
            return folder.resolve()
    raise UserError(f"{where}: {package!r} is no package with a {ENTRY} in its folder; name the suite's folder, dotted")


def remember(name: str, folder: Path) -> None:
    """Let specs call the suite in ``folder`` by its name (it was selected by path)."""
    _known[name] = folder


def find_suite(wanted: str | Path, roots: Iterable[Path] = ()) -> Path:
    """The folder of the suite called, or standing at, ``wanted``.

    A name is looked up among selected suites, the shipped ones, folders ``NAME`` or ``suites/NAME`` under ``roots``
    and the current directory, those that plugins offer, and installed ones. Raises UserError naming the nearest.
    """
    text = str(wanted)
    if Path(text).name == ENTRY and Path(text).is_file():
        return Path(text).resolve().parent
    if "/" in text or "\\" in text or text.startswith("."):
        return _folder_at(Path(text))
    shipped = shipped_suites()
    if text in _known:
        return _known[text]
    if text in shipped:
        return shipped[text]
    for root in (*roots, Path.cwd()):
        for folder in (root / text, root / "suites" / text):
            if (folder / ENTRY).is_file():
                return folder.resolve()
    of_plugins, installed = offered().suites, installed_suites()
    if text in of_plugins:
        return of_plugins[text]
    if text in installed:
        return folder_of_installed(text, installed[text])
    raise UserError(
        f"there is no suite {text!r}{nearest(text, {*shipped, *_known, *of_plugins, *installed})}. "
        "Write the name of a shipped suite or the path of a folder with a suite.yaml (./my_suite)"
    )


def _folder_at(folder: Path) -> Path:
    folder = folder.expanduser()
    if not folder.is_dir():
        raise UserError(f"there is no suite folder {folder}; write the path of a folder with a {ENTRY}")
    if not (folder / ENTRY).is_file():
        raise UserError(f"{folder}: no {ENTRY} in it, so it is not a suite; copy one to start from")
    return folder.resolve()
