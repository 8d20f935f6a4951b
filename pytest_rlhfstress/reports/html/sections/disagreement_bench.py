"""Disagreement bench: where reviewers disagree, by family and by what the replies differ in, and which raters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.drawing import HEAT, SOFT
from pytest_rlhfstress.reports.html.section import Picture, Section, Spec, cell, label, reason, share, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.disagreement_bench import BenchReport

QUESTION = "Where did reviewers disagree, and does the reward model hide it?"
FEWEST_ITEMS, MOST_FAMILIES, MOST_RATERS, MOST_LISTED = 10, 20, 12, 10


def disagreement_bench(found: BenchReport) -> Section:
    """Contested items by family and difference, and how often each two raters agree."""
    pictures = []
    if any(s.family and s.differs for s in found.slices):
        pictures.append(
            Picture(
                "Share of items on which raters contradict each other more often than not",
                found.sentence,
                _slices(found),
            )
        )
    if found.raters:
        pictures.append(Picture("How often two raters agree", found.sentence, _raters(found)))
    return Section(
        name="disagreement_bench",
        question=QUESTION,
        sentence=found.sentence,
        pictures=tuple(pictures),
        tables=(
            table(
                "agreement",
                ("family", "replies differ in", "items", "alpha", "raw agreement", "contested"),
                (
                    (s.family or "all", s.differs or "anything", s.items, s.alpha, share(s.raw), s.contested)
                    for s in (found.overall, *found.slices)
                ),
            ),
            table(
                "contested items of which the reward model is surest",
                ("family", "message", "one reply", "the other", "votes", "reward model sure"),
                (
                    (
                        c.family,
                        reason(c.text),
                        *(reason(r) for r in (*c.replies, "", "")[:2]),
                        reason(", ".join(f"{who}: {what}" for who, what in c.votes)),
                        share(c.sure),
                    )
                    for c in found.contested[:MOST_LISTED]
                ),
            ),
        ),
        caveats=(found.caveat,),
    )


def _slices(found: BenchReport) -> Spec:
    large = [s for s in found.slices if s.family and s.differs and s.items >= FEWEST_ITEMS]
    families = sorted(
        {s.family for s in large}, key=lambda f: -max(s.contested / s.items for s in large if s.family == f)
    )
    values = [
        {
            "family": label(s.family, 40),
            "differs": label(s.differs, 20),
            "share": s.contested / s.items,
            "said": f"{100 * s.contested / s.items:.0f} % of {s.items}",
        }
        for s in large
        if s.family in families[:MOST_FAMILIES]
    ]
    return _matrix(values, "differs", "family", [0, 1], 120, [label(f, 40) for f in families[:MOST_FAMILIES]])


def _raters(found: BenchReport) -> Spec:
    names = sorted({r.first for r in found.raters} | {r.second for r in found.raters})[:MOST_RATERS]
    values = [
        {"one": label(a, 20), "other": label(b, 20), "share": 1 - r.agreed, "said": cell(share(r.agreed))}
        for r in found.raters
        for a, b in ((r.first, r.second), (r.second, r.first))
        if a in names and b in names
    ]
    return _matrix(values, "one", "other", [0, 0.5], 76, None)


def _matrix(
    values: list[dict[str, object]], x: str, y: str, domain: list[float], step: int, order: list[str] | None
) -> Spec:
    return {
        "data": {"values": values},
        "width": {"step": step},
        "height": {"step": 26},
        "encoding": {
            "x": {"field": x, "type": "nominal", "axis": {"orient": "top", "title": None, "labelAngle": 0}},
            "y": {"field": y, "type": "nominal", "sort": order, "axis": {"title": None}},
        },
        "layer": [
            {
                "mark": {"type": "rect", "fill": HEAT, "stroke": SOFT, "strokeOpacity": 0.35},
                "encoding": {
                    "fillOpacity": {
                        "field": "share",
                        "type": "quantitative",
                        "scale": {"domain": domain, "range": [0, 0.5], "clamp": True},
                        "legend": None,
                    }
                },
            },
            {"mark": "text", "encoding": {"text": {"field": "said"}}},
        ],
    }
