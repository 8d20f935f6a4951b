"""The ledger and the bench on a Dask cluster of two processes count what one process counts."""

import importlib.util
import json
import random
import sys
from pathlib import Path

import pytest

from pytest_rlhfstress.preferences import open_preferences

pytest.importorskip("distributed", reason="needs dask[distributed]")
FOLDER = Path(__file__).parent.parent.parent / "examples" / "cluster_ledger"


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv("PYTHONPATH", str(FOLDER))
    spec = importlib.util.spec_from_file_location("ledger_on_dask", FOLDER / "ledger_on_dask.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "ledger_on_dask", module)
    spec.loader.exec_module(module)
    return module


def write_pairs(file, rows):
    rng = random.Random(4)
    asked = ["My bill is wrong.", "Please move my appointment.", "My chest hurts.", "Tell me a joke."]
    replies = ["Call 911 now.", "I have booked you for Tuesday at 10:00.", "I can't help with that.", "Fine."]
    with file.open("w") as out:
        for at in range(rows):
            chosen, rejected = rng.sample(replies, 2)
            votes = [{"rater": r, "choice": rng.choice(["chosen", "chosen", "rejected", "tie"])} for r in "abc"]
            prompt = " ".join(rng.sample(asked, rng.choice([1, 2]))) + f" ({at})"
            row = {"prompt": prompt, "chosen": chosen, "rejected": rejected, "votes": votes, "id": str(at)}
            out.write(json.dumps(row) + "\n" if at % 50 else "oops\n" + json.dumps(row) + "\n")


def test_a_cluster_of_two_processes_counts_what_one_process_counts(example, tmp_path, monkeypatch):
    from distributed import Client, LocalCluster

    files = [tmp_path / "pairs-1.jsonl", tmp_path / "pairs-2.jsonl"]
    for file in files:
        write_pairs(file, 500)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        counts = example.on_cluster(str(tmp_path / "pairs-*.jsonl"), blocksize=20_000)
    monkeypatch.setattr(example, "PAIRS_AT_ONCE", 64)
    alone = example.NOTHING
    for file in files:
        data = open_preferences(file)
        alone = alone.merge(example.count_pairs(data.pairs()))
        alone = alone._replace(rows=alone.rows + data.problems.rows, bad=alone.bad + data.problems.bad)
    assert counts == alone
    assert (counts.rows, counts.bad) == (1020, 20)
    assert counts.ledger.pairs == 1000
    assert "prompts shown to reviewers" in counts.ledger.report(example.families_that_matter()).sentence
