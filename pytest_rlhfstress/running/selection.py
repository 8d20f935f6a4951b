"""Which tests are specs of the selected suites; everything else is left out and counted."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.running.mentions import MARKER, LeftOut, Mentions, mentions_in

if TYPE_CHECKING:
    import pytest

    from pytest_rlhfstress.stress_route import Wanted
    from pytest_rlhfstress.suites import Suite


class Selection:
    """The suites chosen with --rlhf-suite and what belongs to them."""

    def __init__(
        self, suites: Sequence[Suite], roots: Iterable[Path], patterns: list[str], places: Iterable[Path] = ()
    ) -> None:
        """``places`` are the files and folders pytest was started on."""
        self.suites = tuple(suites)
        self._roots = tuple(roots)
        self._places = tuple(places)
        self._opened: set[Path] = set()
        self._names = {suite.name: suite for suite in suites}
        self.left_out = LeftOut(self._mentioned, patterns)
        self.deselected = 0

    @property
    def folders(self) -> tuple[Path, ...]:
        """The suites' own folders, whose specs run too."""
        return tuple(suite.folder for suite in self.suites)

    def owner(self, path: Path) -> Suite | None:
        """The suite in whose folder ``path`` lies."""
        return next((s for s in self.suites if path.is_relative_to(s.folder)), None)

    def suite_at(self, path: Path) -> Suite | None:
        """The suite in whose folder ``path`` lies, else the only one selected."""
        return self.owner(path) or (self.suites[0] if len(self.suites) == 1 else None)

    def ignores(self, path: Path, otherwise: bool | None) -> bool | None:
        """Whether collection passes ``path`` by; ``otherwise`` is what pytest says of it.

        The way to a suite's folder is walked even where pytest would not go (a virtual environment), but
        nothing else there is looked at.
        """
        if any(folder.is_relative_to(path) for folder in self.folders):
            if otherwise and path not in self.folders:
                self._opened.add(path)
            return False
        if self.owner(path) is not None:
            return otherwise
        if not self._asked_for(path) or any(parent in self._opened for parent in path.parents):
            return True
        return otherwise or self.left_out.leaves_out(path) or None

    def unknown(self) -> list[str]:
        """A sentence for each test file that was left out and names a suite which there is not."""
        from pytest_rlhfstress.suites import find_suite

        found = []
        for file, name in self.left_out.names():
            try:
                find_suite(name, (*self._roots, file.parent))
            except UserError as error:
                found.append(f"{file.name} was left out: {str(error).splitlines()[0].split('. ')[0]}")
        return found

    def _asked_for(self, path: Path) -> bool:
        return any(path.is_relative_to(place) or place.is_relative_to(path) for place in self._places)

    def keeps(self, item: pytest.Item) -> bool:
        """Whether ``item`` is a spec of a selected suite."""
        if self.owner(item.path) is not None:
            return True
        marked = [name for mark in item.iter_markers(MARKER) for name in mark.args]
        if any(self._is_selected(str(name)) for name in marked):
            return True
        request = request_of_item(item)
        if request is not None:
            return request.suite.name in self._names
        return self._mentioned(_mentions_of(item), computed=False)

    def _mentioned(self, mentions: Mentions, computed: bool = True) -> bool:
        return (computed and mentions.computed) or any(self._is_selected(name) for name in mentions.suites)

    def _is_selected(self, name: str) -> bool:
        if name in self._names:
            return True
        if "/" not in name and not name.startswith("."):
            return False
        from pytest_rlhfstress.suites import find_suite

        try:
            return find_suite(name, self._roots) in self.folders
        except UserError:
            return False


def _mentions_of(item: pytest.Item) -> Mentions:
    try:
        source = textwrap.dedent(inspect.getsource(getattr(item, "obj", None)))  # type: ignore[arg-type]
    except (OSError, TypeError):
        return Mentions(frozenset(), False, 0)
    return mentions_in(source)


def request_of_item(item: pytest.Item) -> Wanted | None:
    """What the item's ``cases(...)`` asked for, or None where it is no Hypothesis test over cases."""
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    if handle is None:
        return None
    from pytest_rlhfstress.stress_route import request_of

    # Hypothesis keeps what @given was called with on this handle; there is no public accessor.
    given = [*getattr(handle, "_given_kwargs", {}).values()]
    return next((r for r in map(request_of, given) if r is not None), None)
