"""The short form of bench/fuzz_readers.py: mutated and random input for every reader gives UserErrors and no others."""

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent.parent / "bench"))

from fuzz_readers import by_atheris, by_hypothesis
from readers_fuzzed import READERS


@pytest.mark.parametrize("name", READERS)
def test_whatever_is_fed_to_a_reader_is_read_or_refused_in_words(name):
    found = by_hypothesis(name, 300)
    assert found.errors == {}, found.examples
    assert found.inputs >= 300
    assert found.read > 0
    assert found.refused > 30


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="needs atheris")
def test_the_coverage_guided_half_counts_its_inputs():
    found = by_atheris("template", 300)
    assert found.errors == {}, found.examples
    assert found.inputs >= 300
