"""How long 500 cases take at a given latency: a spec of ours beside what people write without it.

Run: python bench/asking_speed.py [--latency 0.2] [--rounds 3] [--only NAME]
                                  [--compare-python PYTHON] [--promptfoo FOLDER]
``--compare-python`` is an interpreter in which deepeval and inspect-ai are installed, ``--promptfoo`` a folder with
``node_modules/promptfoo``; without them those rows are left out.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from asking_measured import ROOT, ChatServer, Measured, measure, project
from asking_rivals import RIVALS
from pages import PERFORMANCE, table

CASES = 500
CONCURRENCY = 32
SLOW = 20.0
"""What takes longer than this is measured once."""

EMPTY = """
from hypothesis import given, settings
from pytest_rlhfstress import cases

@settings(max_examples=1)
@given(case=cases("healthcare", urgency="emergency"))
def test_{name}(case): pass
"""


def pytest(folder: Path, *args: str) -> Measured:
    return measure([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *args], folder)


def ours(folder: Path, server: ChatServer) -> Measured:
    store = folder / "replies.sqlite"
    store.unlink(missing_ok=True)
    return pytest(project(folder), f"--rlhf-model={server.model('green')}", f"--rlhf-store={store}")


def ours_longer(folder: Path, server: ChatServer) -> Measured:
    """As many cases as it takes to ask 500 questions: what has been asked before is not asked again."""
    store = folder / "replies.sqlite"
    store.unlink(missing_ok=True)
    args = (f"--rlhf-model={server.model('green')}", f"--rlhf-store={store}", "--rlhf-cases=630")
    return pytest(project(folder), *args)


def start(folder: Path, server: ChatServer) -> Measured:
    """pytest, hypothesis and the suite loaded, and one case drawn: what any run pays before it asks."""
    return pytest(project(folder, EMPTY))


def prompts(folder: Path) -> Path:
    """The same 500 conversations for everybody else."""
    from pytest_rlhfstress.stress_route import sample_cases
    from pytest_rlhfstress.suites import load_suite

    drawn = sample_cases(load_suite("healthcare"), CASES, 0, urgency="emergency")
    file = folder / "prompts.json"
    file.write_text(json.dumps([[m.as_dict() for m in case.messages] for case in drawn]))
    return file


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--compare-python", default=sys.executable)
    parser.add_argument("--promptfoo", default="")
    options = parser.parse_args()
    server = ChatServer()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = prompts(folder)
        run = {
            "start alone (no requests)": partial(start, folder / "start"),
            "**a spec of ours, 500 cases**": partial(ours, folder / "ours"),
            "**a spec of ours, 630 cases**": partial(ours_longer, folder / "longer"),
        }
        run |= {
            title: partial(rival, folder / f"rival{at}", file, options)
            for at, (title, rival) in enumerate(RIVALS.items())
        }
        rows = [
            row
            for title, one in run.items()
            if options.only in title and (row := measured(title, one, server, options)) is not None
        ]
    server.close()
    note = (
        f"Latency {options.latency * 1000:.0f} ms, concurrency {CONCURRENCY}; the limit is "
        f"ceil(requests / {CONCURRENCY}) x latency. Medians of {options.rounds}, or one run where it is slow. "
        "Whatever runs under pytest has its start in its seconds."
    )
    if not options.only:
        table(
            PERFORMANCE,
            f"speed {options.latency:g}",
            ["what", "seconds", "limit, seconds", "CPU seconds", "requests", "CPU ms per request"],
            rows,
            note,
        )
    else:
        print(*rows, sep="\n")


def measured(title: str, run: Callable[[ChatServer], Measured | None], server: ChatServer, options) -> list[str] | None:
    found, requests = [], 0
    for _ in range(options.rounds):
        server.set(latency=options.latency)
        one = run(server)
        if one is None:
            print("left out:", title, file=sys.stderr)
            return None
        assert one.status == 0, f"{title}: status {one.status}: {one.output[-2000:]}"
        found.append(one)
        requests = server.stats()["requests"]
        if one.wall > SLOW:
            break
    wall = statistics.median(m.wall for m in found)
    cpu = statistics.median(m.cpu for m in found)
    each = f"{cpu / requests * 1000:.1f}" if requests else ""
    limit = math.ceil(requests / CONCURRENCY) * options.latency
    row = [title, f"{wall:.1f}", f"{limit:.1f}", f"{cpu:.1f}", str(requests), each]
    print(row, file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    assert ROOT.is_dir()
    main()
