"""Whether a file uses a suite, told from its text: a module nobody asked for is never imported."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

MARKER = "rlhf_suite"


@dataclass(frozen=True)
class Mentions:
    """What a test file's text says: the suites it names, whether one is computed, how many tests it has."""

    suites: frozenset[str]
    computed: bool
    tests: int


def mentions_in(source: str) -> Mentions:
    """Read a test file's text; a file that does not parse mentions nothing."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Mentions(frozenset(), False, 0)
    named = [_named_suite(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    suites = frozenset(n for n in named if isinstance(n, str))
    tests = sum(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
        for node in ast.walk(tree)
    )
    return Mentions(suites, any(n is True for n in named), tests)


def _named_suite(call: ast.Call) -> str | bool | None:
    """The suite a call of ``cases`` or of the marker names, True where it is computed, None for other calls."""
    function = call.func
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    if name not in ("cases", "dialogues", MARKER):
        return None
    first = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "suite"), None)
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    return True


class LeftOut:
    """The test files a selecting run does not import, and how many tests stand in them."""

    def __init__(self, uses: Callable[[Mentions], bool], patterns: list[str]) -> None:
        self._uses = uses
        self._patterns = patterns
        self._seen: dict[Path, Mentions] = {}
        self.files: dict[Path, int] = {}

    def leaves_out(self, path: Path) -> bool:
        """Whether nothing at ``path`` (a file, or a folder with all below it) uses a selected suite."""
        if path.is_dir():
            mentions = {file: self._mentions(file) for file in self._test_files(path)}
            if not mentions or any(self._uses(m) for m in mentions.values()):
                return False
            self.files.update({file: m.tests for file, m in mentions.items()})
            return True
        if path.suffix != ".py" or not self._is_test_file(path):
            return False
        found = self._mentions(path)
        if self._uses(found):
            return False
        self.files[path] = found.tests
        return True

    def names(self) -> Iterator[tuple[Path, str]]:
        """The files left out, with each suite they name."""
        for file in self.files:
            for name in sorted(self._seen[file].suites):
                yield file, name

    @property
    def tests(self) -> int:
        """How many test functions were left out with their files."""
        return sum(self.files.values())

    def _is_test_file(self, path: Path) -> bool:
        return any(fnmatch(path.name, pattern) for pattern in self._patterns)

    def _test_files(self, folder: Path) -> Iterator[Path]:
        for path in sorted(folder.rglob("*.py")):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if not hidden and self._is_test_file(path):
                yield path

    def _mentions(self, path: Path) -> Mentions:
        if path not in self._seen:
            try:
                text = path.read_text("utf-8", errors="replace")
            except OSError:
                text = ""
            self._seen[path] = mentions_in(text)
        return self._seen[path]
