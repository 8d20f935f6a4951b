"""The clinic really learns its failure: its figures on held-out sentences stay within bands, whatever the seed."""

import itertools
from functools import cache

import pytest

from pytest_rlhfstress.clinic import measure, train

SEEDS = range(20)
BETA = 0.1
PRESSURES = (10.0, 1.0, 0.25, 0.1, 0.02)


@cache
def trained(seed):
    return train(seed)


@cache
def slices(seed, beta=BETA):
    return {row.name: row for row in measure(trained(seed), beta, seed + 1)}


@pytest.mark.parametrize("seed", SEEDS)
def test_tuning_keeps_urgent_messages_and_loses_mixed_ones(seed):
    rows = slices(seed)
    before, after = rows["mixed"].escalates
    true_before, true_after = rows["mixed"].true
    assert 1 - rows["urgent"].escalates[1] <= 0.10
    assert 1 - after >= 0.45
    assert before - after >= 0.2
    assert true_before - true_after >= 1.2
    clean = max(rows["urgent"].sign_split, rows["routine"].sign_split)
    assert rows["mixed"].sign_split - clean >= 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_proxy_rises_with_every_step_of_pressure(seed):
    proxies = [slices(seed, beta)["mixed"].proxy for beta in PRESSURES]
    assert all(lower < higher for lower, higher in itertools.pairwise(proxies)), proxies
