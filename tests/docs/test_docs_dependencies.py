"""Every dependency has its line on the page that says why it is there."""

import re
import tomllib

from docs_blocks import ROOT


def test_every_dependency_says_why_it_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {re.match(r"[\w.-]+", entry)[0] for entry in wanted} - {project["name"]}
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    told = set(re.findall(r"`([\w.-]+)", page))
    missing = {n for n in names if n not in told and not n.startswith("types-")}
    assert not missing, f"docs/dependencies.md: say what {', '.join(sorted(missing))} does here"
