"""The live line of a spec that takes its time, on a real terminal."""

import os
import pty
import re
import subprocess
import sys

import pytest

pytest.importorskip("tqdm")

SPEC = """
import asyncio, pytest
from pathlib import Path
from hypothesis import given
from pytest_rlhfstress import Reply, cases
from pytest_rlhfstress.conversation import Usage

@pytest.fixture(scope="session")
def model_under_test():
    async def slow(messages):
        await asyncio.sleep(0.4)
        return Reply("I have frozen your account.", usage=Usage(1000, 500))
    return slow

@given(case=cases(Path(__file__).parent / "bank", urgency="fraud"))
def test_it(case, model_under_test):
    print("said by the spec")
    assert model_under_test(case).shows("freeze")
"""


def on_a_terminal(folder, *args):
    """What a run writes to a terminal of 120 columns."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "pytest", "test_spec.py", "--rlhf-concurrency=8", *args]
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    process = subprocess.Popen(command, cwd=folder, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    written = b""
    try:
        while part := os.read(leader, 65536):
            written += part
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(leader)
    assert process.wait() == 0, written.decode()
    return written.decode()


@pytest.fixture
def project(pytester, bank):
    pytester.makepyfile(test_spec=SPEC)
    return pytester.path


@pytest.mark.parametrize("more", [(), ("-v",), ("-s",)])
def test_a_terminal_shows_cases_requests_and_tokens_while_a_spec_works(project, more):
    written = on_a_terminal(project, "--rlhf-cases=60", *more)
    shown = re.findall(r"test_it: (\d+)/60 cases, (\d+) asked, (\d+) in flight", written)
    assert len(shown) >= 3
    done = [int(cases) for cases, _, _ in shown]
    assert done == sorted(done)
    assert max(int(in_flight) for _, _, in_flight in shown) <= 8
    assert re.search(r"\d+k? of about \d+k tokens", written)
    after = written.rpartition("in flight")[2]
    assert re.search(r"test_spec\.py\S* .*(\.|PASSED)", after)


@pytest.mark.parametrize("more", [("-q",), ("-n2",)])
def test_quiet_runs_and_workers_show_no_line(project, more):
    assert "in flight" not in on_a_terminal(project, "--rlhf-cases=60", *more)
