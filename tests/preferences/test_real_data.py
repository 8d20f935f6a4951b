"""The instruments over real preference data; skipped where the data are not at hand."""

import importlib.util
import sys
from pathlib import Path

import pytest

from pytest_rlhfstress.instruments.disagreement_bench import Bench
from pytest_rlhfstress.instruments.votes import items_of_ratings
from pytest_rlhfstress.preferences import open_preferences

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the data sets in ../shared/data")


@pytest.fixture(scope="module")
def tables():
    spec = importlib.util.spec_from_file_location("real_data", ROOT / "bench" / "real_data.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["real_data"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("file", "pairs", "ties"),
    [
        ("hh_rlhf/train.jsonl.gz", 1786, 0),
        ("hh_rlhf/test.jsonl.gz", 488, 0),
        ("llmbar/pairs_dev.jsonl.gz", 200, 0),
        ("pandalm/pairs_dev.jsonl.gz", 421, None),
    ],
)
def test_every_pair_of_the_data_sets_is_read(file, pairs, ties):
    data = open_preferences(DATA / file)
    found = list(data.pairs())
    assert len(found) == pairs
    assert data.problems.bad == 0
    assert all(pair.text and (pair.chosen or pair.rejected) for pair in found)
    assert ties is None or sum(pair.tie for pair in found) == ties


def test_three_judges_votes_are_all_kept_and_agree_as_their_readme_says():
    pairs = list(open_preferences(DATA / "pandalm/pairs_dev.jsonl.gz").pairs())
    assert {len(pair.votes) for pair in pairs} == {3}
    unanimous = sum(len({vote.choice for vote in pair.votes}) == 1 for pair in pairs)
    assert unanimous == 373


def test_chosen_replies_of_the_harmlessness_pairs_are_as_often_longer_as_their_readme_says():
    files = (DATA / "hh_rlhf/train.jsonl.gz", DATA / "hh_rlhf/test.jsonl.gz")
    pairs = [pair for file in files for pair in open_preferences(file).pairs()]
    assert sum(len(p.chosen) > len(p.rejected) for p in pairs) == pytest.approx(1009, abs=2)


def test_eight_raters_with_gaps_on_an_ordinal_scale_agree_as_another_library_says():
    krippendorff = pytest.importorskip("krippendorff")
    import numpy as np

    data = open_preferences(DATA / "convabuse/ratings.csv.gz", "item=item_id,rater=rater_id,value=severity")
    first = {}
    for rating in data.ratings():
        first.setdefault((rating.item, rating.rater), rating)
    report = Bench.of(items_of_ratings(first.values())).report("ordinal")
    items = {item: at for at, item in enumerate(dict.fromkeys(item for item, _ in first))}
    raters = {rater: at for at, rater in enumerate(dict.fromkeys(rater for _, rater in first))}
    table = np.full((len(raters), len(items)), np.nan)
    for (item, rater), rating in first.items():
        table[raters[rater], items[item]] = rating.value
    assert table.shape == (8, 4184)
    assert report.overall.alpha == pytest.approx(krippendorff.alpha(table, level_of_measurement="ordinal"), abs=1e-9)
    assert report.contested


def test_the_tables_of_the_page_on_real_data_can_be_made(tables, capsys):
    severity = tables.severity_of_abuse(DATA / "convabuse/ratings.csv.gz")
    judges = tables.judges_of_replies(DATA / "pandalm/pairs_dev.jsonl.gz")
    assert 0.6 < severity.overall.alpha < 0.7
    assert judges.overall.contested == 48
    assert "contested" in capsys.readouterr().out


def test_harmlessness_pairs_hardly_cover_a_healthcare_suite_and_the_report_says_so(tables, capsys):
    suite, own = tables.coverage(DATA / "hh_rlhf/test.jsonl.gz")
    assert suite.unmapped > 0.8
    assert "fit no family" in suite.sentence
    assert suite.never_shown
    assert own.shown("violence").prompts > 20
    capsys.readouterr()
