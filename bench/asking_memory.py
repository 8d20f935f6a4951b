"""How much memory a long spec takes: the largest resident size after 1000 and after 10 000 cases.

Run: python bench/asking_memory.py
"""

import sys
import tempfile
from pathlib import Path

from asking_measured import measure, project
from pages import PERFORMANCE, table

BOT = """
import asyncio

async def green(messages):
    await asyncio.sleep(0.001)
    return "Please call 911 now."

green.identity = "green"
"""
SPEC = """
from hypothesis import given
from pytest_rlhfstress import cases

@given(case=cases("healthcare"))
def test_{name}(case, model_under_test):
    assert model_under_test(case).text
"""
PLAIN = """
from hypothesis import HealthCheck, given, settings
from pytest_rlhfstress import cases

@settings(max_examples={cases}, deadline=None, database=None, suppress_health_check=[*HealthCheck])
@given(case=cases("healthcare"))
def test_{name}(case):
    assert case.text
"""


def peak(folder: Path, cases: int) -> float:
    where = project(folder / str(cases), SPEC)
    (where / "bot.py").write_text(BOT)
    args = ["--rlhf-model=bot:green", f"--rlhf-cases={cases}", "--rlhf-store=kept.sqlite", "-p", "no:cacheprovider"]
    run = measure([sys.executable, "-m", "pytest", "-q", *args], where)
    assert run.status == 0, run.output
    return run.peak


def plain(folder: Path, cases: int) -> float:
    where = project(folder / f"plain{cases}", PLAIN, cases=str(cases))
    run = measure([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rlhf-cases={cases}"], where)
    assert run.status == 0, run.output
    return run.peak


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        counts = (1000, 10_000)
        rows = [
            ["a spec that asks", *(f"{peak(Path(name), n):.0f}" for n in counts)],
            ["the same cases drawn by Hypothesis, nothing asked", *(f"{plain(Path(name), n):.0f}" for n in counts)],
        ]
        table(PERFORMANCE, "memory", ["what", *(f"MB at {n} cases" for n in counts)], rows)
