"""How much memory something takes at its peak, whatever the process held earlier."""

from __future__ import annotations

import gc
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROCESS = Path("/proc/self")


@dataclass
class Peak:
    """Megabytes that the process grew by at its peak; known when the block has ended."""

    grown: float = 0.0


@contextmanager
def peak_memory() -> Iterator[Peak]:
    """Measure the peak of the block. Only Linux forgets an earlier peak; elsewhere what stays below it is not seen."""
    peak = Peak()
    gc.collect()
    if sys.platform == "linux":
        (PROCESS / "clear_refs").write_text("5")
    before = _highest()
    yield peak
    peak.grown = _highest() - before


def _highest() -> float:
    if sys.platform == "linux":
        return int(re.search(r"VmHWM:\s+(\d+) kB", (PROCESS / "status").read_text()).group(1)) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)
