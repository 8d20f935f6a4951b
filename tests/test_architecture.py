"""Who may import whom (docs/explanation/architecture.md), and that a run which does not use the plugin pays little."""

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "pytest_rlhfstress"
NAME = PACKAGE.name

VALUES = {"errors", "conversation", "offered"}
DRAWING = VALUES | {"suites", "dialogue", "stress_route"}
ASKING = VALUES | {"models", "rewards", "asking"}
AUDITED = DRAWING | ASKING | {"statistics", "preferences"}
MAY_IMPORT = {
    "errors": set(),
    "statistics": {"errors"},
    "conversation": {"errors"},
    "offered": {"errors"},
    "finding": {"errors", "statistics"},
    "options": {"errors"},
    "hookspecs": VALUES | {"finding", "reports"},
    "suites": VALUES,
    "preferences": VALUES,
    "dialogue": VALUES | {"suites"},
    "stress_route": VALUES | {"suites", "dialogue"},
    "models": VALUES,
    "rewards": VALUES | {"models"},
    "asking": VALUES | {"models"},
    "instruments": AUDITED,
    "clinic": AUDITED,
    "reports": {"errors", "conversation", "finding", "statistics", "instruments"},
    "__init__": VALUES | {"dialogue", "stress_route"},
}
EVERYTHING = {"plugin", "instrument_fixtures", "conduct", "running"}
"""The rooms that bring the others together."""

TURNED_ROUND = {("models/specs.py", "clinic"), ("rewards/specs.py", "clinic")}
"""The two places where a spec a person wrote (`--rlhf-model=clinic`) is turned into the embedded one."""

HEAVY = ("hypothesis", "numpy", "scipy", "torch", "transformers", "jsonschema", "jinja2", "yaml", "openai", "litellm")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """The rooms a file imports, at its top or inside functions."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the whole name of the module"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        inside = [name.split(".") for name in names if name.startswith(f"{NAME}.")]
        rooms |= {parts[1] for parts in inside if is_room(parts[1])}
    return rooms - {room_of(path)}


def is_room(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def test_every_room_has_its_place_in_the_house():
    rooms = {room_of(file) for file in PACKAGE.rglob("*.py")}
    assert rooms <= MAY_IMPORT.keys() | EVERYTHING, "say in MAY_IMPORT and on the architecture page whom it may know"


def test_the_architecture_page_shows_the_rooms_that_there_are():
    page = (PACKAGE.parent / "docs" / "explanation" / "architecture.md").read_text("utf-8")
    tree = page.split("pytest_rlhfstress/\n")[1].split("```")[0]
    shown = {line.split()[0].rstrip("/").removesuffix(".py") for line in tree.splitlines() if line.strip()}
    rooms = {room_of(file) for file in PACKAGE.rglob("*.py")} - {"__init__"}
    assert shown == rooms
    table = page.split("## Who may know whom")[1].split("##")[0]
    assert not [room for room in rooms if f"`{room}`" not in table]


def test_imports_point_down_the_list_only():
    wrong = defaultdict(list)
    for file in sorted(PACKAGE.rglob("*.py")):
        here, name = room_of(file), str(file.relative_to(PACKAGE))
        if here in EVERYTHING:
            continue
        for room in imported_rooms(file) - MAY_IMPORT.get(here, set()):
            if (name, room) not in TURNED_ROUND:
                wrong[f"{here} must not know {room}"].append(name)
    assert not wrong, dict(wrong)


def test_instruments_know_other_rooms_by_their_doors():
    for file in sorted((PACKAGE / "instruments").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            inside = isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{NAME}.")
            _, room, *deeper = str(node.module).split(".") if inside else ("", "", "")
            # statistics is a shelf of modules of pure functions, each a door of its own.
            if deeper and room not in ("instruments", "statistics", ""):
                raise AssertionError(f"{file.name}:{node.lineno}: import from {NAME}.{room} what it offers there")


def test_installing_the_plugin_imports_nothing_heavy():
    code = f"import sys, {NAME}.plugin; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_an_ordinary_test_run_imports_nothing_heavy(pytester):
    pytester.makepyfile(f"import sys\ndef test_it(): assert not set({HEAVY!r}) & set(sys.modules)")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
