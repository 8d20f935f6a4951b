"""Whole pytest runs against a real server: faults, refusals, kill -9, several processes on one store."""

import os
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

pytest.importorskip("aiohttp")

SPEC = """
import pytest
from pathlib import Path
from hypothesis import given
from pytest_rlhfstress import cases

@pytest.fixture(scope="session")
def reward_model():
    return lambda messages, reply: 0.0

@pytest.mark.parametrize("again", range({times}))
@given(case=cases(Path(__file__).parent / "bank", urgency="fraud"))
def test_it(case, again, model_under_test):
    assert model_under_test(case).shows("freeze")
"""


class Project:
    def __init__(self, pytester, server):
        self.pytester, self.server = pytester, server

    def write(self, times=1):
        self.pytester.makepyfile(test_spec=SPEC.format(times=times))

    def command(self, *args, model="green"):
        return [sys.executable, "-m", "pytest", "test_spec.py", f"--rlhf-model={self.server.model(model)}", *args]

    def start(self, *args, **more):
        return subprocess.Popen(
            self.command(*args, **more),
            cwd=self.pytester.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *args, **more):
        process = self.start(*args, **more)
        self.said = process.communicate(timeout=180)[0]
        return process.returncode


@pytest.fixture
def project(pytester, bank, chat_server):
    found = Project(pytester, chat_server)
    found.write()
    return found


def facts(path):
    case = next(ElementTree.parse(path).iter("testcase"))
    return {p.get("name"): p.get("value") for p in case.iter("property")}


@pytest.mark.parametrize("model", ["green", "red"])
def test_faults_of_the_server_change_neither_cases_nor_verdict(project, chat_server, model):
    args = ("--rlhf-cases=90", "--rlhf-seed=3")
    project.run(*args, "--junitxml=calm.xml", "--rlhf-store=calm.sqlite", model=model)
    calm = chat_server.stats()["distinct"]
    faults = {"10": "429", "17": "500", "23": "reset", "29": "stall", "31": "cut"}
    chat_server.set(faults=faults, stall=1.0)
    project.run(*args, "--junitxml=stormy.xml", "--rlhf-store=stormy.sqlite", model=model)
    found = chat_server.stats()
    assert found["requests"] > found["distinct"]
    before, after = (facts(project.pytester.path / name) for name in ("calm.xml", "stormy.xml"))
    assert before["rlhf.verdict"] == after["rlhf.verdict"] == ("PASS" if model == "green" else "FAIL")
    for name in ("rlhf.cases", "rlhf.minimal_case", "rlhf.ingredients"):
        assert before.get(name) == after.get(name)
    if model == "green":
        assert found["answered_distinct"] == calm


@pytest.mark.parametrize(("status", "words"), [(401, "no such key"), (400, "too long")])
def test_a_refusal_stops_the_run_at_once_with_one_message(project, chat_server, status, words):
    project.write(times=5)
    chat_server.set(refuse=[status, words])
    assert project.run("--rlhf-concurrency=4") == 1
    assert chat_server.stats()["requests"] <= 8
    assert words in project.said
    assert str(status) in project.said
    assert "Traceback" not in project.said
    # In the card, in the summary line and in the table of verdicts, each once.
    assert project.said.count(words) <= 4


def test_a_killed_run_loses_no_reply_that_had_arrived(project, chat_server):
    concurrency = 6
    args = ("--rlhf-cases=150", f"--rlhf-concurrency={concurrency}", "--rlhf-store=kept.sqlite")
    chat_server.set(latency=0.15)
    process = project.start(*args)
    deadline = time.monotonic() + 120
    while chat_server.stats()["answered"] < 60 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    before = chat_server.stats()
    assert 60 <= before["answered"] < 120
    assert project.run(*args) == 0, project.said
    after = chat_server.stats()
    assert after["distinct"] > 130
    assert after["requests"] - after["distinct"] <= concurrency


def test_two_runs_at_once_on_one_store_ask_nothing_twice(project, chat_server):
    chat_server.set(latency=0.05)
    args = ("--rlhf-cases=80", "--rlhf-store=kept.sqlite", "-p", "no:cacheprovider")
    processes = [project.start(*args) for _ in range(2)]
    outputs = [p.communicate(timeout=180)[0] for p in processes]
    assert [p.returncode for p in processes] == [0, 0], outputs
    found = chat_server.stats()
    assert found["distinct"] > 70
    assert found["repeated"] == 0


def test_workers_on_one_store_ask_nothing_twice(project, chat_server):
    project.write(times=4)
    chat_server.set(latency=0.05)
    assert project.run("-n4", "--rlhf-cases=70") == 0, project.said
    found = chat_server.stats()
    assert found["distinct"] > 60
    assert found["repeated"] == 0


def test_no_more_requests_are_under_way_than_was_asked_for(project, chat_server):
    chat_server.set(latency=0.1)
    assert project.run("--rlhf-cases=100", "--rlhf-concurrency=9") == 0, project.said
    assert chat_server.stats()["most_in_flight"] == 9


def test_progress_writes_nothing_where_there_is_no_terminal(project, chat_server):
    chat_server.set(latency=0.3)
    assert project.run("--rlhf-cases=60", "--rlhf-concurrency=4", "--capture=no") == 0, project.said
    assert "\r" not in project.said
    assert "in flight" not in project.said
