"""--rlhf-new=NAME: a commented, working suite in a new folder, to start from."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from pytest_rlhfstress.errors import UserError

PLACEHOLDER = "SUITE_NAME"
FILES = {"suite.yaml": "suite.yaml", "specs.py.txt": "test_{name}.py", "assistant.py.txt": "{name}_assistant.py"}
"""From a file of the package's starter to the file it becomes."""


def write_new_suite(name: str, where: Path) -> list[str]:
    """Write the suite into ``where / name`` and say what to do next.

    Raises UserError for a name that cannot be a suite's, or where something stands there already.
    """
    from pytest_rlhfstress.suites import shipped_suites

    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise UserError(
            f"--rlhf-new={name}: a suite's name is lower-case letters, digits and _, beginning with a letter"
        )
    if name in shipped_suites():
        raise UserError(f"--rlhf-new={name}: a suite of that name is shipped; choose another")
    folder = where / name
    if folder.exists():
        raise UserError(f"--rlhf-new={name}: {folder} is there already; choose another name, or take it away")
    starter = files("pytest_rlhfstress.suites").joinpath("starter")
    try:
        folder.mkdir()
        written = []
        for source, target in FILES.items():
            text = starter.joinpath(source).read_text("utf-8").replace(PLACEHOLDER, name)
            written.append(target.format(name=name))
            (folder / written[-1]).write_text(text, "utf-8")
    except OSError as error:
        raise UserError(f"--rlhf-new={name}: {folder} cannot be written: {error.strerror or error}") from None
    return [
        f"wrote {name}/: {', '.join(written)}",
        f"try it:            pytest --rlhf-suite=./{name} --rlhf-model={name}.{name}_assistant:reply",
        f"on your assistant: pytest --rlhf-suite=./{name} --rlhf-model=package.module:callable",
        f"what it holds:     pytest --rlhf-suite=./{name} --rlhf-list",
    ]
