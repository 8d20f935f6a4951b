"""Walk a newcomer's path in a fresh environment and time each step: make it, install, follow the ten-minute tutorial.

Run: python bench/newcomer.py [python]     (the interpreter to make the environment with; asks a package index)
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "docs"))

from docs_blocks import blocks_of  # noqa: E402

TUTORIAL = ROOT / "docs" / "tutorials" / "ten_minutes.md"


def timed(what, command, **more):
    """Run one step and print how long it took, by the clock and in processor time."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, **more)
    after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    last = next((line for line in reversed(done.stdout.splitlines()) if line.strip()), "")
    print(f"{took:7.1f} s, {used:6.1f} s of processor  {what}: {last.strip('= ')[:70]}", flush=True)
    return took


def main(python):
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder) / "project"
        here.mkdir()
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        total = timed("python -m venv .venv", [python, "-m", "venv", ".venv"], cwd=here)
        environment["PATH"] = f"{here / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
        total += timed("pip install", ["pip", "install", "-q", str(ROOT)], cwd=here, env=environment)
        for block in blocks_of(TUTORIAL):
            if block.title:
                (here / block.title).write_text(block.body, "utf-8")
            elif block.language == "console" and not block.not_run:
                for line in block.body.splitlines():
                    if line.startswith("$ "):
                        total += timed(line[2:], line[2:], shell=True, cwd=here, env=environment)
        print(
            f"{total:7.1f} s  all together, reading apart; load {os.getloadavg()[0]:.0f} on {os.cpu_count()} processors"
        )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else sys.executable)
