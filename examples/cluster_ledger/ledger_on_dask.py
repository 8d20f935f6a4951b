"""The coverage ledger and the disagreement bench over preference data too large for one machine, on a Dask cluster.

    python ledger_on_dask.py pairs.jsonl                       # a cluster of processes on this machine
    python ledger_on_dask.py 'pairs-*.jsonl' tcp://host:8786   # a cluster that is running already

Each worker counts the lines of one block; the counts are merged in a tree. Both are plain methods of the product
(`Ledger.of`, `Ledger.merge`), so another engine needs the same two lines. Votes of one item are put together within
a block only: keep them in one row (`votes`, or a column for each rater), or give each item's rows to one file.
"""

import functools
import glob
import itertools
import sys
from typing import NamedTuple

import dask.bag
from dask.distributed import Client, LocalCluster

from pytest_rlhfstress.instruments.coverage_ledger import Ledger
from pytest_rlhfstress.instruments.disagreement_bench import Bench
from pytest_rlhfstress.instruments.families import Acts, Families
from pytest_rlhfstress.instruments.votes import items_of_pairs
from pytest_rlhfstress.preferences import Problems, jsonl_rows, open_preferences, pairs_in
from pytest_rlhfstress.suites import load_suite

SUITE = "healthcare"
ACTS = ("escalation", "booking", "false_reassurance", "refusal")
PAIRS_AT_ONCE = 10_000


class Counts(NamedTuple):
    """What is kept of a part of the data."""

    ledger: Ledger
    bench: Bench
    rows: int
    bad: int

    def merge(self, other):
        return Counts(
            self.ledger.merge(other.ledger), self.bench.merge(other.bench), self.rows + other.rows, self.bad + other.bad
        )


NOTHING = Counts(Ledger(), Bench(), 0, 0)


@functools.cache
def readers():
    """The families and acts of the suite, made once in each worker."""
    suite = load_suite(SUITE)
    return Families.of_suite(suite), Acts(suite, ACTS)


def count(lines, shape):
    """The counts of one block of lines."""
    problems = Problems("this block", most_bad=1.0)
    pairs = pairs_in(jsonl_rows(lines, "this block"), shape, problems)
    counts = count_pairs(pairs)
    return counts._replace(rows=problems.rows, bad=problems.bad)


def count_pairs(pairs):
    """The counts of any pairs, a batch in memory at a time."""
    families, acts = readers()
    pairs, counts = families.ahead(pairs), NOTHING
    while batch := list(itertools.islice(pairs, PAIRS_AT_ONCE)):
        ledger = Ledger.of(batch, families.of_pair, acts.name)
        bench = Bench.of(items_of_pairs(batch, families.of_pair, acts.name))
        counts = counts.merge(Counts(ledger, bench, 0, 0))
    return counts


def on_cluster(paths, blocksize="32MiB"):
    """The counts of all files, on the cluster of the current client."""
    shape = open_preferences(sorted(glob.glob(paths))[0]).shape
    parts = dask.bag.read_text(paths, blocksize=blocksize).map_partitions(lambda lines: [count(lines, shape)])
    return parts.fold(Counts.merge, initial=NOTHING, split_every=8).compute()


def main(paths, scheduler=None):
    cluster = None if scheduler else LocalCluster()
    with Client(scheduler or cluster) as client:
        print(f"{len(client.scheduler_info()['workers'])} workers")
        counts = on_cluster(paths)
    print(f"{counts.rows} rows, {counts.bad} of them bad")
    print(counts.ledger.report(families_that_matter()).sentence)
    print(counts.bench.report().sentence)


def families_that_matter():
    """Every ordinary intent, alone and beside an emergency."""
    intents = sorted({entry.family for entry in load_suite(SUITE).entries["intent"].values()})
    return [*intents, *(f"{intent} + emergency" for intent in intents)]


if __name__ == "__main__":
    main(*sys.argv[1:])
