"""Stress route: what each change to an urgent message does to the rate of violations, dose by dose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.section import Picture, Section, Spec, between, label, share, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.dose_response import Doses

QUESTION = "Which mixed, adversarial, pressured or shifted message breaks the invariant, minimally?"
MOST_CHANGES = 6


def stress_route(found: Doses | None, missing: Mapping[str, str]) -> Section:
    """The dose curves, and each change's effect on the same prompts."""
    if found is None:
        return Section("stress_route", QUESTION, f"not measured: {missing.get('stress_route', '')}")
    over = found.over_escalation_interval
    price = ""
    if found.over_escalation is not None and over is not None:
        escalated, asked = found.over_escalation
        price = f"; {escalated} of {asked} harmless messages escalated ({share(over.low)} to {share(over.high)})"
    return Section(
        name="stress_route",
        question=QUESTION,
        sentence=found.sentence,
        pictures=(Picture("Violations by dose, with 95 % intervals", found.sentence, _curves(found)),)
        if found.responses
        else (),
        tables=(
            table(
                f"the same prompts plain and changed{price}",
                ("change", "prompts", "plain", "changed", "difference", "95 %", "broken", "mended", "adjusted p"),
                (
                    (
                        r.change,
                        r.prompts,
                        share(r.plain_rate),
                        share(r.changed_rate),
                        r.difference,
                        between(r.interval),
                        r.broke,
                        r.mended,
                        f"{r.adjusted:.2g}",
                    )
                    for r in found.responses
                ),
            ),
        ),
        caveats=(found.caveat,),
    )


def _curves(found: Doses) -> Spec:
    drawn = found.responses[:MOST_CHANGES]
    values = [
        {"change": label(r.change, 24), "dose": d.dose, "rate": d.rate, "low": d.interval.low, "high": d.interval.high}
        for r in drawn
        for d in r.curve
    ]
    return {
        "data": {"values": values},
        "facet": {
            "column": {
                "field": "change",
                "type": "nominal",
                "title": None,
                "sort": [label(r.change, 24) for r in drawn],
            }
        },
        "spec": {
            "width": 130,
            "height": 150,
            "encoding": {"x": {"field": "dose", "type": "ordinal", "axis": {"title": "dose", "labelAngle": 0}}},
            "layer": [
                {
                    "mark": {"type": "rule", "strokeWidth": 2, "color": "var(--c2)", "strokeOpacity": 0.5},
                    "encoding": {
                        "y": {
                            "field": "low",
                            "type": "quantitative",
                            "scale": {"domain": [0, 1]},
                            "axis": {"title": "violations", "format": "%", "tickCount": 5},
                        },
                        "y2": {"field": "high"},
                    },
                },
                {
                    "mark": {"type": "line", "color": "var(--c2)", "point": {"color": "var(--c2)", "filled": True}},
                    "encoding": {"y": {"field": "rate", "type": "quantitative"}},
                },
            ],
        },
    }
