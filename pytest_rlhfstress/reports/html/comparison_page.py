"""Two or more reports side by side as one HTML file: what changed, spec by spec and figure by figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import Finding
from pytest_rlhfstress.reports.comparison import KINDS, Kind, compare
from pytest_rlhfstress.reports.figures import FigureRow, figure_rows
from pytest_rlhfstress.reports.html.drawing import COLOURS, EXTRA, can_draw, draw
from pytest_rlhfstress.reports.html.page import render
from pytest_rlhfstress.reports.html.section import Picture, Spec, figure, label
from pytest_rlhfstress.reports.report import CAVEAT, Report

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_DRAWN = 16


@dataclass(frozen=True)
class SpecRow:
    """One spec in every report, None where a report does not have it; ``kind`` is from the first to the last."""

    claim: str
    nodeid: str
    kind: Kind
    findings: tuple[Finding | None, ...]


@dataclass(frozen=True)
class Topic:
    """Figures of one kind over all reports, and their picture where it can be drawn."""

    name: str
    rows: tuple[FigureRow, ...]
    picture: tuple[Picture, Markup] | None


def comparison_as_html(named: Sequence[tuple[str, Report]]) -> str:
    """The page for reports, each with its name, the earliest first."""
    names = [name for name, _ in named]
    reports = [report for _, report in named]
    changed = compare(reports[0].facts.started, reports[0].findings, reports[-1].findings)
    rows = _specs(reports)
    return render(
        "comparison.html.j2",
        title=f"{names[0]} to {names[-1]}: {changed.sentence}",
        named=named,
        changed=changed,
        groups=[(kind, [row for row in rows if row.kind == kind]) for kind in KINDS],
        instruments=_sentences(reports),
        topics=_topics(names, reports),
        caveat=CAVEAT,
        can_draw=can_draw(),
        extra=EXTRA,
        worded=figure,
    )


def _specs(reports: Sequence[Report]) -> list[SpecRow]:
    changed = compare(reports[0].facts.started, reports[0].findings, reports[-1].findings)
    kinds = {change.nodeid: change.kind for change in changed.changes}
    by_id = [{f.nodeid: f for f in report.findings} for report in reports]
    claims = {nodeid: f.claim for found in by_id for nodeid, f in found.items()}
    return [
        SpecRow(claim, nodeid, kinds.get(nodeid, "unchanged"), tuple(found.get(nodeid) for found in by_id))
        for nodeid, claim in claims.items()
    ]


def _sentences(reports: Sequence[Report]) -> list[tuple[str, list[str]]]:
    """Each instrument's sentence in each report, "" where not measured; suites are named where there are several."""
    measured = [
        {(one.suite, name): found for one in report.audited for name, found in one.measured.items()}
        for report in reports
    ]
    keys = dict.fromkeys(key for found in measured for key in found)
    several = len({suite for suite, _ in keys}) > 1
    return [
        (
            name.replace("_", " ").capitalize() + (f" ({suite})" if several else ""),
            [found[suite, name].sentence if (suite, name) in found else "" for found in measured],
        )
        for suite, name in keys
    ]


def _topics(names: Sequence[str], reports: Sequence[Report]) -> list[Topic]:
    found = []
    for topic, group in groupby(figure_rows(reports), key=lambda row: row.topic):
        rows = tuple(group)
        picture = Picture(topic.capitalize(), _said(rows), _forest(names, rows[:MOST_DRAWN]))
        prefix = "topic-" + topic.replace(" ", "-").replace(":", "")
        found.append(Topic(topic, rows, (picture, draw(picture, prefix)) if can_draw() else None))
    return found


def _said(rows: Sequence[FigureRow]) -> str:
    apart = sum(row.apart for row in rows)
    return f"{apart} of {len(rows)} changed by more than their intervals"


def _forest(names: Sequence[str], rows: Sequence[FigureRow]) -> Spec:
    values = [
        {"row": label(row.label, 60), "report": label(name, 30), "value": f.value, "low": f.low, "high": f.high}
        for row in rows
        for name, f in zip(names, row.figures, strict=True)
        if f is not None
    ]
    order, reports = [label(row.label, 60) for row in rows], [label(name, 30) for name in names]
    shared = {
        "y": {"field": "row", "type": "nominal", "sort": order, "axis": {"title": None, "grid": True}},
        "yOffset": {"field": "report", "sort": reports},
        "color": {
            "field": "report",
            "type": "nominal",
            "sort": reports,
            "scale": {"domain": reports, "range": [COLOURS[at % len(COLOURS)] for at in range(len(reports))]},
            "legend": {"title": None, "orient": "top"},
        },
    }
    return {
        "data": {"values": values},
        "width": 420,
        "height": {"step": 24, "for": "position"},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    **shared,
                    "x": {"field": "low", "type": "quantitative", "axis": {"title": None}, "scale": {"zero": False}},
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 60},
                "encoding": {**shared, "x": {"field": "value", "type": "quantitative"}},
            },
        ],
    }
