"""What having the plugin installed costs a run that does not use it: `pytest --collect-only` on one trivial test.

Run: python bench/plugin_overhead.py [rounds]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def seconds(folder: Path, *args: str) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *args, str(folder)],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return time.perf_counter() - started


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_one.py").write_text("def test_one():\n    pass\n")
        seconds(folder)
        pairs = [(seconds(folder), seconds(folder, "-p", "no:rlhfstress")) for _ in range(rounds)]
    with_plugin, without = (statistics.median(column) for column in zip(*pairs, strict=True))
    difference = statistics.median(a - b for a, b in pairs)
    print(f"| with the plugin | without (-p no:rlhfstress) | difference | ratio |  (medians of {rounds})")
    print(f"| {with_plugin:.3f} s | {without:.3f} s | {difference * 1000:+.0f} ms | {with_plugin / without:.3f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
