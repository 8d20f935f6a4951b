"""A hundred thousand cases on the embedded clinic: memory and speed over time, and the store at the end.

Run: python bench/long_run.py [cases]
One spec of one pytest run asks the clinic about every case, through a store on disk. Each twentieth of the way the
resident size, the speed since the last look and the time of one look into the store are noted; cases for each second
of the processor tell a run that slows down from one that others slow down.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))
PARTS = 20
SPEC = '''
import json, os, resource, sqlite3, time
from hypothesis import given
from pytest_rlhfstress import cases

STATE = {{"count": 0, "last": time.monotonic(), "worked": time.process_time()}}
EVERY = {every}

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6

def look():
    with sqlite3.connect("kept.sqlite") as connection:
        key = connection.execute("SELECT key FROM replies ORDER BY rowid DESC LIMIT 1").fetchone()[0]
        began = time.perf_counter()
        connection.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        return time.perf_counter() - began

@given(case=cases("healthcare"))
def test_long(case, model_under_test):
    """Whatever is asked, something is said."""
    assert model_under_test(case).text
    STATE["count"] += 1
    if STATE["count"] % EVERY == 0:
        now, worked = time.monotonic(), time.process_time()
        row = {{"cases": STATE["count"], "mb": resident(), "look": look()}}
        row |= {{"speed": EVERY / (now - STATE["last"]), "per_cpu": EVERY / (worked - STATE["worked"])}}
        STATE.update(last=now, worked=worked)
        with open("noted.jsonl", "a") as file:
            file.write(json.dumps(row) + "\\n")
'''


def long_run(cases: int, folder: Path) -> tuple[list[dict[str, float]], dict[str, float]]:
    """What was noted on the way, and about the run and its store at the end."""
    (folder / "test_long.py").write_text(SPEC.format(every=max(1, cases // PARTS)))
    options = ["--rlhf-model=clinic", f"--rlhf-cases={cases}", "--rlhf-store=kept.sqlite", "--rlhf-report=out.json"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH", "")]))
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "test_long.py", "-p", "no:cacheprovider", *options]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - began
    assert ended.returncode == 0, ended.stdout + ended.stderr
    finding = json.loads((folder / "out.json").read_text())["findings"][0]
    noted = [json.loads(line) for line in (folder / "noted.jsonl").read_text().splitlines()]
    with sqlite3.connect(folder / "kept.sqlite") as connection:
        kept = connection.execute("SELECT count(*) FROM replies").fetchone()[0]
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    size = sum(f.stat().st_size for f in folder.glob("kept.sqlite*")) / 1e6
    facts = {"seconds": seconds, "kept": kept, "whole": whole, "megabytes": size, "distinct": finding["cases"]}
    return noted, facts


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        noted, facts = long_run(count, Path(name))
    from pages import ROBUSTNESS, table

    rows = [
        [f"{n['cases']:,}", f"{n['mb']:.0f}", f"{n['speed']:.0f}", f"{n['per_cpu']:.0f}", f"{n['look'] * 1e6:.0f}"]
        for n in noted
        if n["cases"] * PARTS % (2 * count) == 0 or n is noted[0]
    ]
    note = (
        f"{count:,} cases in {facts['seconds']:.0f} s, {facts['distinct']:,} of them distinct; the store holds "
        f"{facts['kept']:,} replies in {facts['megabytes']:.0f} MB"
        f" and is {'whole' if facts['whole'] else 'DAMAGED'} (`PRAGMA integrity_check`)."
    )
    table(
        ROBUSTNESS,
        "long run",
        ["cases", "resident MB", "cases a second", "cases per CPU second", "one look into the store, µs"],
        rows,
        note,
    )
