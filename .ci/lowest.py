"""Print the lowest version that pyproject.toml allows of each core dependency, as pip's constraints."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
for entry in project["dependencies"]:
    lowest = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?>=([\w.]+)", entry)
    if lowest:
        print(f"{lowest[1]}=={lowest[2]}")
