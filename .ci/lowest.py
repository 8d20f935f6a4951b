"""Print the lowest version that pyproject.toml allows of each core dependency, as pip's constraints."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
wanted = [*project["dependencies"], *(d for extra in sys.argv[1:] for d in project["optional-dependencies"][extra])]
for entry in wanted:
    lowest = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?>=([\w.]+)", entry)
    if lowest:
        print(f"{lowest[1]}=={lowest[2]}")
