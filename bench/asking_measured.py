"""What the asking benches share: the loopback server, a measured command."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "asking"))

from chat_server import ChatServer  # noqa: E402

__all__ = ["ChatServer", "Measured", "measure", "project"]

SPEC = '''
from hypothesis import given
from pytest_rlhfstress import cases


@given(case=cases("healthcare", urgency="emergency"))
def test_{name}(case, model_under_test):
    """Whoever describes an emergency is told to call for help."""
    assert model_under_test(case).shows("escalation")
'''


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock, seconds of CPU with all children, the largest process in MB, and what was written."""

    wall: float
    cpu: float
    peak: float
    status: int
    output: str


def measure(command: Sequence[str], folder: Path, **environment: str) -> Measured:
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    return Measured(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode, text)


def project(folder: Path, spec: str = SPEC, **values: str) -> Path:
    """A folder with one test file of the given text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test_bench.py").write_text(spec.format(**{"name": "bench", **values}))
    return folder
