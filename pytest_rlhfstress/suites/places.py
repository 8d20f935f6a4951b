"""Where suites are found: a folder named by path, the suites shipped with the package, the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_rlhfstress.errors import UserError, nearest

PACKAGE = Path(__file__).resolve().parent.parent
ENTRY = "suite.yaml"
_known: dict[str, Path] = {}


def shipped_root() -> Path:
    """The folder of the suites that come with the package (in a checkout: the repository's ``suites``)."""
    installed = PACKAGE / "shipped_suites"
    return installed if installed.is_dir() else PACKAGE.parent / "suites"


def shipped_suites() -> dict[str, Path]:
    """Name and folder of each shipped suite."""
    return {e.parent.name: e.parent for e in sorted(shipped_root().glob(f"*/{ENTRY}"))}


def remember(name: str, folder: Path) -> None:
    """Let specs call the suite in ``folder`` by its name (it was selected by path)."""
    _known[name] = folder


def find_suite(wanted: str | Path, roots: Iterable[Path] = ()) -> Path:
    """The folder of the suite called, or standing at, ``wanted``.

    A name is looked up among selected suites, the shipped ones, and folders ``NAME`` or
    ``suites/NAME`` under ``roots`` and the current directory. Raises UserError naming the nearest.
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
    raise UserError(
        f"there is no suite {text!r}{nearest(text, {*shipped, *_known})}. "
        "Write the name of a shipped suite or the path of a folder with a suite.yaml (./my_suite)"
    )


def _folder_at(folder: Path) -> Path:
    folder = folder.expanduser()
    if not folder.is_dir():
        raise UserError(f"there is no suite folder {folder}; write the path of a folder with a {ENTRY}")
    if not (folder / ENTRY).is_file():
        raise UserError(f"{folder}: no {ENTRY} in it, so it is not a suite; copy one to start from")
    return folder.resolve()
