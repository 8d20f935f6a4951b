"""The guarantee by construction: the search begins with every pair of ingredients, and says what it reached."""

import json
from itertools import combinations

import pytest

SPEC = """
from hypothesis import given
from pytest_rlhfstress import cases

SEEN = []

@given(case=cases("healthcare", urgency="emergency"))
def test_all(case, model_under_test):
    SEEN.append(sorted(map(str, case.ingredients)))
    assert model_under_test(case).text

def test_write():
    import json, pathlib
    pathlib.Path("seen.json").write_text(json.dumps(SEEN))
"""


@pytest.fixture
def covered(pytester):
    pytester.makepyfile(test_cover=SPEC, bot="def answer(messages): return 'Hello.'")
    pytester.syspathinsert()

    def run(*args):
        pytester.runpytest_subprocess("--rlhf-model=bot:answer", "--rlhf-report=out.json", *args)
        finding = json.loads((pytester.path / "out.json").read_text())["findings"][0]
        return finding, json.loads((pytester.path / "seen.json").read_text())

    return run


def test_every_pair_of_ingredients_occurs_at_default_settings(covered):
    finding, seen = covered()
    # Counted here from what the body was given, independently of the plugin's own count.
    pairs = {pair for names in seen for pair in combinations(dict.fromkeys(names), 2)}
    assert finding["coverage"]["covered"] == finding["coverage"]["feasible"] == len(pairs)
    assert len(pairs) > 4000
    assert f"each of the {len(pairs)} pairs of its ingredients occurred" in finding["reason"]
    assert finding["cases"] >= 350


def test_too_few_cases_say_how_many_pairs_they_held(covered):
    finding, _ = covered("--rlhf-cases=100")
    coverage = finding["coverage"]
    assert coverage["covered"] < coverage["feasible"]
    assert f"{coverage['covered']} of the {coverage['feasible']} pairs" in finding["reason"]


def test_strength_three_counts_triples(covered):
    finding, _ = covered("--rlhf-cases=120", "--rlhf-strength=3")
    assert finding["coverage"]["strength"] == 3
    assert "triples of its ingredients occurred" in finding["reason"]
