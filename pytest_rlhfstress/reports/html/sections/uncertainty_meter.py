"""Uncertainty meter: reliability, what abstaining buys, and how often the members disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.drawing import BLUE, INK
from pytest_rlhfstress.reports.html.section import Picture, Section, Spec, label, share, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.uncertainty_meter import FamilyMeter, Meter

QUESTION = "Is its confidence calibrated, and does it know when it does not know?"
MOST_FAMILIES = 2
Z_LABELS = ("0", "0.5", "1", "1.5", "2", "3", "4", "6+")


def uncertainty_meter(found: Meter) -> Section:
    """Reliability by slice, risk against coverage, and the histogram of z."""
    drawn = _drawn(found)
    pictures = [
        Picture(
            "Reliability: how often it is right when it is that sure (the dashed line is calibrated)",
            found.sentence,
            _reliability(drawn),
        ),
        Picture("Risk and coverage: the share wrong among the most confident choices", found.sentence, _risk(drawn)),
    ]
    if found.overall is not None and found.members > 1:
        says = "low values are choices on which the members of the ensemble disagree"
        pictures.append(
            Picture("How many standard deviations the members' mean margin lies from 0", says, _z(found.overall))
        )
    return Section(
        name="uncertainty_meter",
        question=QUESTION,
        sentence=found.sentence,
        pictures=tuple(pictures) if drawn else (),
        tables=(
            table(
                f"families, against {found.truth}",
                ("family", "pairs", "sure", "right", "calibration error", "chance explains", "Brier", "members split"),
                (
                    (
                        f.family,
                        f.pairs,
                        share(f.confidence),
                        share(f.accuracy),
                        f.ece,
                        f.ece_null,
                        f.brier,
                        share(f.split),
                    )
                    for f in (found.overall, *found.families)
                    if f is not None
                ),
            ),
            table(
                "asking a person instead",
                ("unless", "family", "kept", "of these wrong", "wrong before", "asked needlessly"),
                (
                    (a.rule, a.family, share(a.kept), share(a.wrong_kept), share(a.wrong_before), share(a.needless))
                    for a in found.abstentions
                ),
            ),
        ),
        caveats=(found.caveat,),
    )


def _drawn(found: Meter) -> list[FamilyMeter]:
    """All families together, then the most overconfident ones."""
    worst = sorted(found.families, key=lambda f: (-f.overconfidence, f.family))[:MOST_FAMILIES]
    return [*([found.overall] if found.overall is not None else []), *worst]


def _colour(drawn: list[FamilyMeter]) -> dict[str, object]:
    return {
        "field": "family",
        "type": "nominal",
        "sort": [label(f.family, 40) for f in drawn],
        "legend": {"title": None, "orient": "top", "direction": "vertical"},
    }


def _reliability(drawn: list[FamilyMeter]) -> Spec:
    values = [
        {"family": label(f.family, 40), "stated": b.stated, "came": b.came, "count": b.count}
        for f in drawn
        for b in f.bins
    ]
    return {
        "data": {"values": values},
        "width": 300,
        "height": 240,
        "layer": [
            {
                "mark": {"type": "line", "color": INK, "strokeDash": [4, 4], "strokeWidth": 1, "strokeOpacity": 0.7},
                "data": {"values": [{"x": 0.5, "y": 0.5}, {"x": 1, "y": 1}]},
                "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}},
            },
            {
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": {
                        "field": "stated",
                        "type": "quantitative",
                        "scale": {"domain": [0.5, 1]},
                        "axis": {"title": "sure", "format": "%", "tickCount": 5},
                    },
                    "y": {
                        "field": "came",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1]},
                        "axis": {"title": "right", "format": "%", "tickCount": 5},
                    },
                    "color": _colour(drawn),
                },
            },
        ],
    }


def _risk(drawn: list[FamilyMeter]) -> Spec:
    values = [
        {"family": label(f.family, 40), "coverage": c, "risk": r}
        for f in drawn
        for c, r in zip(f.coverage, f.risk, strict=True)
    ]
    return {
        "data": {"values": values},
        "width": 300,
        "height": 240,
        "mark": {"type": "line", "interpolate": "step-after"},
        "encoding": {
            "x": {
                "field": "coverage",
                "type": "quantitative",
                "axis": {"title": "choices kept, most confident first", "format": "%", "tickCount": 5},
            },
            "y": {
                "field": "risk",
                "type": "quantitative",
                "scale": {"domain": [0, 1]},
                "axis": {"title": "wrong", "format": "%", "tickCount": 5},
            },
            "color": _colour(drawn),
        },
    }


def _z(overall: FamilyMeter) -> Spec:
    values = [{"z": name, "pairs": n} for name, n in zip(Z_LABELS, overall.z_counts, strict=False)]
    return {
        "data": {"values": values},
        "width": 300,
        "height": 160,
        "mark": {"type": "bar", "color": BLUE},
        "encoding": {
            "x": {
                "field": "z",
                "type": "ordinal",
                "sort": None,
                "axis": {"title": "|mean margin| / sd, from", "labelAngle": 0},
            },
            "y": {"field": "pairs", "type": "quantitative", "axis": {"title": "pairs", "tickCount": 4}},
        },
    }
