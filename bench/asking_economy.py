"""How few requests a run makes: shared cases, several questions, failures, faults, kill -9, several processes.

Run: python bench/asking_economy.py [NAME ...]
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from asking_measured import SPEC, ChatServer, measure, project
from pages import PERFORMANCE, table

CONCURRENCY = 32
LATENCY = 0.2
TWICE = """
from hypothesis import given
from pytest_rlhfstress import cases

@given(case=cases("healthcare", urgency="emergency"))
def test_{name}(case, model_under_test):
    first = model_under_test(case)
    again = model_under_test([*case.messages, {{"role": "assistant", "content": first.text}},
                              {{"role": "user", "content": "Are you sure?"}}])
    assert first.shows("escalation")
    assert "call" in again.text
"""


def pytest(server: ChatServer, *args: str, model: str = "green") -> list[str]:
    """A run with a reward model that takes no time."""
    fixed = [f"--rlhf-model={server.model(model)}", f"--rlhf-concurrency={CONCURRENCY}", "-p", "no:cacheprovider"]
    return [sys.executable, "-m", "pytest", "-q", *fixed, *args]


def facts(folder: Path) -> list[dict[str, str]]:
    tree = ElementTree.parse(folder / "out.xml")
    return [{p.get("name"): p.get("value") for p in c.iter("property")} for c in tree.iter("testcase")]


def seconds_of_call(output: str) -> float:
    """What pytest's --durations says of the one test."""
    found = re.search(r"([\d.]+)s call ", output)
    assert found, output
    return float(found[1])


def ten_invariants(folder: Path, server: ChatServer) -> list[list[object]]:
    rows = []
    for count in (1, 10):
        where = project(folder / str(count), "".join(SPEC.replace("{name}", f"n{n}") for n in range(count)))
        server.set(latency=0.02)
        run = measure(pytest(server, "--rlhf-store=kept.sqlite"), where)
        assert run.status == 0, run.output
        rows.append([f"{count} invariants over the same cases", server.stats()["requests"]])
    return rows


def asked_twice(folder: Path, server: ChatServer) -> list[list[object]]:
    server.set(latency=LATENCY)
    run = measure(pytest(server, "--rlhf-store=kept.sqlite", "--durations=1"), project(folder, TWICE))
    assert run.status == 0, run.output
    requests = server.stats()["requests"]
    ideal = -(-requests // CONCURRENCY) * LATENCY
    took = seconds_of_call(run.output)
    return [["a body that asks twice", requests, f"{ideal:.1f}", f"{took:.1f}", f"{took / ideal:.2f}"]]


def failing(folder: Path, server: ChatServer) -> list[list[object]]:
    rows = []
    for title, concurrency in (("asked one after another (plain Hypothesis)", 1), ("asked ahead", CONCURRENCY)):
        where = project(folder / str(concurrency))
        server.set(latency=LATENCY)
        args = (f"--rlhf-concurrency={concurrency}", "--rlhf-store=kept.sqlite", "--junitxml=out.xml", "--durations=1")
        run = measure(pytest(server, *args, model="red"), where)
        assert run.status == 1, run.output
        found, stats = facts(where)[0], server.stats()
        shrinking = stats["seconds_from_the_first_wrong_to_the_last"] / LATENCY
        seconds = [f"{seconds_of_call(run.output):.1f}", f"{shrinking:.1f}"]
        rows.append([title, found["rlhf.cases"], stats["requests"], *seconds, found["rlhf.ingredients"]])
    return rows


def faults(folder: Path, server: ChatServer) -> list[list[object]]:
    rows = []
    storm = {"10": "429", "17": "500", "23": "reset", "29": "stall"}
    for title, every in (("none", {}), ("every 10th 429, 17th 500, 23rd reset, 29th a stall of 5 s", storm)):
        where = project(folder / title[:5])
        server.set(latency=LATENCY, faults=every)
        run = measure(pytest(server, "--rlhf-store=kept.sqlite", "--junitxml=out.xml"), where)
        found, stats = facts(where)[0], server.stats()
        server.set(faults={})
        row = [title, found["rlhf.cases"], stats["answered_distinct"], stats["requests"], found["rlhf.verdict"]]
        rows.append([*row, f"{run.wall:.1f}"])
    return rows


def killed(folder: Path, server: ChatServer) -> list[list[object]]:
    where = project(folder)
    server.set(latency=LATENCY)
    command = pytest(server, "--rlhf-store=kept.sqlite")
    process = subprocess.Popen(command, cwd=where, stdout=subprocess.DEVNULL)
    while server.stats()["answered"] < 200:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = server.stats()
    run = measure(command, where)
    assert run.status == 0, run.output
    after = server.stats()
    again = after["requests"] - before["requests"]
    twice = after["requests"] - after["distinct"]
    return [["killed half way, run again", after["distinct"], before["requests"], again, twice]]


def processes(folder: Path, server: ChatServer) -> list[list[object]]:
    rows = []
    where = project(folder, "".join(SPEC.replace("{name}", f"n{n}") for n in range(4)))
    server.set(latency=0.05)
    both = [
        subprocess.Popen(pytest(server, "--rlhf-store=two.sqlite"), cwd=where, stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [p.wait() for p in both] == [0, 0]
    stats = server.stats()
    rows.append(["two runs at once on one store", stats["distinct"], stats["requests"], stats["repeated"]])
    server.set(latency=0.05)
    run = measure(pytest(server, "--rlhf-store=four.sqlite", "-n4"), where)
    assert run.status == 0, run.output
    stats = server.stats()
    rows.append(["four workers (`-n 4`), four specs", stats["distinct"], stats["requests"], stats["repeated"]])
    return rows


BENCHES = {
    "ten invariants": (ten_invariants, ["what", "requests"]),
    "asked twice": (asked_twice, ["what", "requests", "limit, seconds", "seconds", "of the limit"]),
    "failing": (
        failing,
        ["how", "cases judged", "requests", "seconds", "first wrong reply to last reply, latencies", "smallest case"],
    ),
    "faults": (faults, ["faults", "cases judged", "distinct answered", "requests", "verdict", "seconds"]),
    "killed": (killed, ["what", "distinct questions", "requests before", "requests after", "asked twice"]),
    "processes": (processes, ["what", "distinct questions", "requests", "asked twice"]),
}


def main(wanted: list[str]) -> None:
    server = ChatServer()
    for name, (bench, header) in BENCHES.items():
        if wanted and name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            table(PERFORMANCE, name, header, bench(Path(folder), server))
    server.close()


if __name__ == "__main__":
    main(sys.argv[1:])
