"""The summary at the end of the run, as wide and as long as asked for."""

import io
from dataclasses import replace
from unittest import mock

import pytest
from report_samples import FAILING, PASSING, REPORT, UNCLEAR

from pytest_rlhfstress.reports.comparison import compare
from pytest_rlhfstress.reports.failure_card import failure_card
from pytest_rlhfstress.reports.terminal import Overview, write_summary

OVERVIEW = Overview(
    3, 2, model_configured=True, reviews=("healthcare: reviewed by nobody. " * 9,), notes=("report: r.html",)
)


def summary(verbosity=0, findings=REPORT.findings, overview=OVERVIEW) -> str:
    out = io.StringIO()
    reporter = mock.Mock(verbosity=verbosity)
    reporter.write_line = lambda line, **_: out.write(line + "\n")
    reporter.write = lambda line, **_: out.write(line)
    write_summary(reporter, findings, overview)
    return out.getvalue()


@pytest.mark.parametrize("verbosity", [-2, -1, 0, 1, 2])
def test_no_line_is_wider_than_100_columns(verbosity):
    assert max(len(line) for line in summary(verbosity).splitlines()) <= 100


def test_a_failure_shows_ingredients_message_and_worst_slice():
    text = summary()
    assert text.startswith("FAIL         Whoever reports an emergency")
    assert "duty:chest_pain + intent:billing_dispute + attack:front_desk_only" in text
    assert "“I was charged twice" in text
    assert "worst slice: billing + emergency, 31 of 40 cases tried" in text
    assert "report: r.html" in text


def test_quiet_leaves_out_what_held_and_verbose_says_why_and_where():
    quiet, plain, verbose = (summary(v) for v in (-1, 0, 1))
    assert PASSING.claim not in quiet
    assert UNCLEAR.reason in quiet
    assert "3 specs on myteam.bot:answer" in quiet
    assert PASSING.claim in plain
    assert PASSING.reason not in plain
    assert PASSING.reason in verbose
    assert "scheduling + emergency: 9 of 52" in verbose
    assert len(quiet) < len(plain) < len(verbose)


def test_since_the_baseline_is_said():
    compared = compare("2026-11-01T00:00:00Z", (replace(FAILING, verdict="PASS"), PASSING), REPORT.findings)
    text = summary(overview=replace(OVERVIEW, comparison=compared))
    assert "since the baseline of 2026-11-01: 1 newly failing" in text
    assert "in all; newly failing" in text


def test_the_card_of_a_failure_fits_a_screen():
    lines = failure_card(FAILING).splitlines()
    assert len(lines) <= 30
    assert all(len(line) <= 100 or line.startswith(("again:", "   at:")) for line in lines)
