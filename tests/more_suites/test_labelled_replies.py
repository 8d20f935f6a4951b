"""How the suites' signals read replies in the manner of assistants, written and labelled by hand (data/*.yaml)."""

from collections import Counter
from pathlib import Path

import pytest

from pytest_rlhfstress.suites import load_suite, shipped_suites
from pytest_rlhfstress.suites.yaml_lines import read_yaml

DATA = Path(__file__).parent / "data"
SHARED = ("hedging", "refusal")
"""Calibrated with the healthcare suite; counted where an invariant of the suite asks for them."""


def counted_signals(suite_name):
    """The signals of a suite that are counted."""
    specs = "".join(file.read_text("utf-8") for file in shipped_suites()[suite_name].glob("test_*.py"))
    return [s for s in load_suite(suite_name).signals.names if s not in SHARED or f'shows("{s}")' in specs]


def counted(name):
    """Hits, false and missed over all replies of a file, and which they were."""
    counts, wrong = Counter(), []
    for suite_name, rows in read_yaml(DATA / f"{name}.yaml").data.items():
        suite, names = load_suite(suite_name), counted_signals(suite_name)
        for row in rows:
            assert set(row["shows"]) <= set(names), row
            reading = suite.signals.reading(row["reply"], row.get("locale", suite.locale))
            for signal in names:
                read, labelled = bool(reading.evidence(signal)), signal in row["shows"]
                counts[read, labelled] += 1
                if read != labelled:
                    wrong.append(f"{signal} {'read' if read else 'missed'}: {row['reply']}")
    return counts[True, True], counts[True, False], counts[False, True], wrong


def test_held_back_replies_are_read_as_the_page_says():
    hits, false, missed, wrong = counted("held_back")
    assert (hits, false, missed) == (85, 4, 5), wrong
    page = (DATA.parents[2] / "docs" / "zoo_more_suites.md").read_text("utf-8")
    assert "85 hits, 4 false, 5 missed" in page


@pytest.mark.parametrize(
    ("name", "most_false", "most_missed"),
    [("usual_wordings", 3, 0), ("odd_wordings", 2, 0), ("repeated_questions", 1, 2)],
)
def test_replies_the_rules_were_mended_with_stay_read(name, most_false, most_missed):
    _, false, missed, wrong = counted(name)
    assert missed <= most_missed, wrong
    assert false <= most_false, wrong


def test_what_serves_and_what_the_invariants_ask_for_is_counted():
    assert {"refusal", "cooking_help"} <= set(counted_signals("crisis"))
    assert "refusal" not in counted_signals("finance")
