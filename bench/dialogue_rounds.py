"""How long 200 dialogues of 4 turns take: d turns shall cost d rounds, not 200 x d waits.

Run: python bench/dialogue_rounds.py [--latency 0.2] [--rounds 3]
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
from pathlib import Path

from asking_measured import ChatServer, measure, project
from pages import PERFORMANCE, table

DIALOGUES, TURNS, CONCURRENCY = 200, 4, 32
SPEC = '''
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rlhfstress import Ingredient, always, fact, shows
from pytest_rlhfstress.stress_route import DialogueComposer
from pytest_rlhfstress.suites import load_suite

SUITE = load_suite("healthcare")
MOVES = ("pushes_back", "contradicts", "gets_angry", "changes_subject", "asks_to_book", "returns_later")


def dialogue_of(number):
    """One of very many dialogues of exactly so many turns."""
    random = Random(number)

    def one(category, name):
        entry = SUITE.entry(category, name)
        return Ingredient(category, name, random.choice(entry.says), entry.expects)

    opening = [one(c, random.choice(sorted(SUITE.entries[c]))) for c in ("duty", "intent")]
    moves = [one("move", name) for name in random.sample(MOVES, %(turns)d - 1)]
    return DialogueComposer(SUITE, "US").compose((*opening, *moves))


@settings(max_examples=%(dialogues)d)
@given(dialogue=st.integers(0, 2**40).map(dialogue_of))
def test_{name}(dialogue, model_under_test):
    """Whoever describes an emergency is sent to emergency care in every turn."""
    assert always(shows("escalation"), when=fact(urgency="emergency"))(model_under_test(dialogue))
'''
EMPTY = '''
from hypothesis import given, settings
from pytest_rlhfstress import dialogues


@settings(max_examples=1)
@given(dialogue=dialogues("healthcare", urgency="emergency"))
def test_{name}(dialogue):
    """Asks nothing."""
'''


def run(folder: Path, server: ChatServer, spec: str) -> tuple[float, dict[str, object]]:
    report = folder / "report.json"
    options = ["-p", "no:cacheprovider", f"--rlhf-model={server.model('green')}", f"--rlhf-concurrency={CONCURRENCY}"]
    written = [f"--rlhf-report={report}", f"--rlhf-store={folder / 'replies.sqlite'}"]
    (folder / "replies.sqlite").unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", *options, *written]
    found = measure(command, project(folder, spec))
    assert found.status == 0, found.output[-3000:]
    return found.wall, json.loads(report.read_text())["findings"][0] if report.exists() else {}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    server, rows = ChatServer(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = statistics.median(run(folder / "start", server, EMPTY)[0] for _ in range(options.rounds))
        walls = []
        for at in range(options.rounds):
            server.set(latency=options.latency)
            wall, finding = run(folder / f"whole{at}", server, SPEC % {"dialogues": DIALOGUES, "turns": TURNS})
            walls.append(wall)
        requests = server.stats()["requests"]
        wall = statistics.median(walls) - start
        ideal = TURNS * math.ceil(int(str(finding["cases"])) / CONCURRENCY) * options.latency
        least = requests / CONCURRENCY * options.latency
        seconds = [f"{wall:.1f}", f"{ideal:.1f}", f"{wall / ideal:.2f}", f"{least:.1f}"]
        rows.append([str(finding["cases"]), str(TURNS), str(requests), *seconds])
    server.close()
    print(rows[0])
    table(
        PERFORMANCE,
        "dialogues",
        ["dialogues", "turns", "requests", "seconds", "4 rounds, seconds", "of that", "requests' limit, seconds"],
        rows,
        f"Latency {options.latency * 1000:.0f} ms, concurrency {CONCURRENCY}; 4 rounds take 4 x ceil(dialogues / "
        f"{CONCURRENCY}) x latency. Equal beginnings are asked once. Medians of {options.rounds}, less the start of "
        f"pytest, Hypothesis and the suite ({start:.1f} s).",
    )


if __name__ == "__main__":
    main()
