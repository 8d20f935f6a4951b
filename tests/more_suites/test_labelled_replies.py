"""How the suites' signals read replies in the manner of assistants, written and labelled by hand (data/*.yaml)."""

from collections import Counter
from pathlib import Path

import pytest

from pytest_rlhfstress.suites import load_suite
from pytest_rlhfstress.suites.yaml_lines import read_yaml

DATA = Path(__file__).parent / "data"
SHARED = {"hedging", "refusal"}
"""Calibrated with the healthcare suite; refusal is counted where invariants of the suite ask for it."""


def counted(name):
    """Hits, false and missed over all replies of a file, and which they were."""
    counts, wrong = Counter(), []
    for suite_name, rows in read_yaml(DATA / f"{name}.yaml").data.items():
        suite = load_suite(suite_name)
        serving = {signal for entry in suite.entries["intent"].values() for signal in entry.expects}
        left_out = serving | (SHARED - {"refusal"} if suite_name == "overrefusal" else SHARED)
        for row in rows:
            assert set(row["shows"]) <= set(suite.signals.names), row
            reading = suite.signals.reading(row["reply"], row.get("locale", suite.locale))
            for signal in set(suite.signals.names) - left_out:
                read, labelled = bool(reading.evidence(signal)), signal in row["shows"]
                counts[read, labelled] += 1
                if read != labelled:
                    wrong.append(f"{signal} {'read' if read else 'missed'}: {row['reply']}")
    return counts[True, True], counts[True, False], counts[False, True], wrong


def test_held_back_replies_are_read_as_the_page_says():
    hits, false, missed, wrong = counted("held_back")
    assert (hits, false, missed) == (37, 0, 4), wrong
    page = (DATA.parents[2] / "docs" / "zoo_more_suites.md").read_text("utf-8")
    assert "37 hits, none false, 4 missed" in page


@pytest.mark.parametrize("name", ["usual_wordings", "odd_wordings"])
def test_replies_the_rules_were_mended_with_stay_read(name):
    _, false, missed, wrong = counted(name)
    assert missed == 0, wrong
    assert false <= 2, wrong
