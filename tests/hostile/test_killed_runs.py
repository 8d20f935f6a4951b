"""The short form of bench/kill_rounds.py: runs killed at random moments, and the next ones that go on."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent.parent / "bench"))

pytest.importorskip("aiohttp", reason="needs aiohttp (pip install 'pytest-rlhfstress[openai]')")


def test_no_reply_is_lost_and_no_report_torn_when_runs_are_killed_at_random_moments(tmp_path):
    from kill_rounds import SIGNALS, play

    found = play(3, tmp_path, seed=3)
    assert found.failures == 0, found
    assert sum(found.rounds[number.name] for number in SIGNALS) >= 1
    assert found.rounds["not killed"] >= 1
    assert found.requests >= 100
