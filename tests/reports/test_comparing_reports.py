"""Two or more reports side by side: what changed, and what only looks as if it had."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from audit_samples import audit
from hostile_payloads import PAYLOADS
from report_samples import FAILING, PASSING, RATE, REPORT, UNCLEAR, hostile_report, report_of
from test_hostile_text import Skeleton, tame

from pytest_rlhfstress.reports.compare import main
from pytest_rlhfstress.reports.comparison import compare
from pytest_rlhfstress.reports.figures import Figure, FigureRow, figure_rows
from pytest_rlhfstress.reports.html.comparison_page import comparison_as_html
from pytest_rlhfstress.reports.json_report import as_json
from pytest_rlhfstress.reports.report import Calibration, Instruments

FAIL, PASS, UNSURE = (
    FAILING,
    replace(FAILING, verdict="PASS", counterexample=None),
    replace(FAILING, verdict="INCONCLUSIVE"),
)


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        (PASS, FAIL, "newly failing"),
        (UNSURE, FAIL, "newly failing"),
        (None, FAIL, "newly failing"),
        (FAIL, FAIL, "still failing"),
        (FAIL, PASS, "fixed"),
        (FAIL, UNSURE, "no longer judged"),
        (FAIL, None, "no longer judged"),
        (PASS, UNSURE, "no longer judged"),
        (PASS, None, "no longer judged"),
        (None, PASS, "new"),
        (PASS, PASS, "unchanged"),
        (UNSURE, PASS, "unchanged"),
        (UNSURE, UNSURE, "unchanged"),
        (None, UNSURE, "unchanged"),
    ],
)
def test_each_spec_changes_in_one_way(before, now, kind):
    changed = compare("2026-11-01T00:00:00Z", filter(None, [before]), filter(None, [now]))
    assert [change.kind for change in changed.changes] == [kind]


def test_what_wants_a_look_comes_first_and_is_counted():
    changed = compare("2026-11-01T00:00:00Z", (PASS, PASSING), (FAIL, PASSING, UNCLEAR))
    assert [c.kind for c in changed.changes] == ["newly failing", "unchanged", "unchanged"]
    assert changed.sentence == "1 newly failing"
    assert compare("", (PASS,), (PASS,)).sentence == "nothing changed"


@pytest.mark.parametrize(
    ("first", "last", "apart"),
    [((0.1, 0.2), (0.3, 0.4), True), ((0.3, 0.4), (0.1, 0.2), True), ((0.1, 0.3), (0.2, 0.4), False)],
)
def test_figures_are_apart_where_their_intervals_do_not_overlap(first, last, apart):
    row = FigureRow("t", "x", (Figure(0.2, *first), None, Figure(0.3, *last)))
    assert row.apart is apart
    assert row.change == pytest.approx(0.1)


def test_rates_calibrations_and_the_instruments_figures_are_compared():
    found = audit()
    before = replace(REPORT, audited=(Instruments.of(found),))
    better = Calibration(120, 0.99, 0.99, 0.99, (0.97, 1.0), (0.97, 1.0), (0.97, 1.0))
    lower = replace(FAILING, rate=replace(RATE, failing=2, low=0.001, high=0.05))
    now = replace(before, findings=(PASSING, lower, UNCLEAR), calibration={"escalation": better})
    rows = figure_rows([before, now])
    assert {"violation rate", "detector calibration"} < {row.topic for row in rows}
    assert {row.topic.partition(":")[0] for row in rows} >= {
        "reward mirror",
        "safety brake",
        "proxy audit",
        "stress route",
    }
    rate = next(row for row in rows if row.topic == "violation rate")
    assert rate.apart
    assert rate.change == pytest.approx((2 - 18) / 120)
    mirror = [row for row in rows if row.topic.startswith("reward mirror")]
    assert mirror
    assert not any(row.apart for row in mirror)


def test_a_figure_that_only_one_report_has_is_left_out():
    assert figure_rows([REPORT, report_of(PASSING)]) == ()


def test_the_page_says_what_changed_and_shows_every_report(open_page):
    before = report_of(PASS, PASSING, model="bot:v1")
    now = replace(report_of(FAIL, PASSING, model="bot:v2"))
    seen = open_page(comparison_as_html([("monday", before), ("tuesday", now), ("wednesday", now)]))
    assert seen.page.locator("h1").inner_text() == "1 newly failing"
    for said in ("monday", "tuesday", "wednesday", "bot:v1", "bot:v2", FAILING.claim):
        assert seen.page.get_by_text(said, exact=True).count() > 0
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert seen.incidents == []


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_text_changes_nothing_but_text(text):
    def tags(said):
        page = comparison_as_html([(said, hostile_report(said)), (said, hostile_report(said))])
        return Skeleton(re.sub(r'<svg role="img".*?</svg>', "", page, flags=re.DOTALL)).tags

    assert tags(text) == tags(tame(text))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.json").write_text(as_json(report_of(PASS)))
    (tmp_path / "b.json").write_text(as_json(report_of(FAIL)))
    return tmp_path


def test_the_command_writes_the_page_and_says_what_changed(files):
    command = [sys.executable, "-m", "pytest_rlhfstress.reports.compare", "a.json", "b.json", "-o", "out/c.html"]
    ran = subprocess.run(command, cwd=files, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "a to b: 1 newly failing" in ran.stdout
    assert FAILING.claim[:60] in ran.stdout
    assert (files / "out" / "c.html").read_text().startswith("<!doctype html>")


def test_a_report_that_cannot_be_read_is_one_line(files, capsys):
    (files / "b.json").write_text("{}")
    assert main([str(files / "a.json"), str(files / "b.json"), "-o", str(files / "c.html")]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "b.json: not a report" in captured.err
    assert not (files / "c.html").exists()


def test_a_page_that_cannot_be_written_is_one_line(files, capsys):
    (files / "c.html").mkdir()
    assert main([str(files / "a.json"), str(files / "b.json"), "-o", str(files / "c.html")]) == 2
    assert "c.html: cannot be written" in capsys.readouterr().err


def test_one_report_is_not_enough(files, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([str(files / "a.json"), "-o", str(files / "c.html")])
    assert stopped.value.code == 2
    assert "two reports" in capsys.readouterr().err
