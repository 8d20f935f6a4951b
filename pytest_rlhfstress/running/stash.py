"""What is kept in pytest's stash from one hook to the next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from pytest_rlhfstress.options import Options
from pytest_rlhfstress.running.gathering import Gathered

if TYPE_CHECKING:
    from pytest_rlhfstress.reports.report import Report  # noqa: F401 (named in a stash key)
    from pytest_rlhfstress.running.bound_spec import BoundSpec  # noqa: F401 (named in a stash key)
    from pytest_rlhfstress.running.run import Run  # noqa: F401 (named in a stash key)

OPTIONS = pytest.StashKey[Options]()
RUN = pytest.StashKey["Run"]()
SPEC = pytest.StashKey["BoundSpec"]()
MISTAKES = pytest.StashKey[list[str]]()
GATHERED = pytest.StashKey[Gathered]()
BEGAN = pytest.StashKey[tuple[datetime, float]]()
BASELINE = pytest.StashKey["Report | None"]()
REPORT = pytest.StashKey["Report"]()
NOTES = pytest.StashKey[tuple[str, ...]]()
