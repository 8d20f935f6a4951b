"""Shadow map and shadow zone: where the reward model guesses outside what it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.drawing import HEAT, INK, SOFT
from pytest_rlhfstress.reports.html.section import Picture, Section, Spec, figure, label, share, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.shadow_map import ShadowMap
    from pytest_rlhfstress.instruments.shadow_zone import Zone

QUESTION = "Where is the reward model guessing outside what it was trained on, and wrong there?"
DARKEST, MOST_ACTS = 0.5, 16
"""The strongest shade lets ink stand on it."""


def shadow_map(found: ShadowMap) -> Section:
    """Family against family: how often shown, how wrong, how sure."""
    return Section(
        name="shadow_map",
        question="Shown how often, how wrong, how sure?",
        sentence=found.sentence,
        pictures=(_map(found),) if found.families else (),
        tables=(
            table(
                "every family, the darkest first",
                ("family", "prompts shown", "wrong", "sure", "members split", "raters agree"),
                (
                    (f.family, f.shown, share(f.wrong), share(f.sure), share(f.split), share(f.agreement))
                    for f in found.families
                ),
            ),
        ),
    )


def _map(found: ShadowMap) -> Picture:
    values = [
        {
            "row": label(c.row),
            "column": label(c.column),
            "dark": (c.wrong or 0.0) * (c.sure or 0.0),
            "shown": f"{c.shown} shown",
            "error": "" if c.wrong is None else f"{100 * c.wrong:.0f} % wrong",
        }
        for c in found.cells()
    ]
    spec = {
        "data": {"values": values},
        "width": {"step": 92},
        "height": {"step": 46},
        "encoding": {
            "x": {"field": "column", "type": "nominal", "axis": {"orient": "top", "title": None, "labelAngle": 0}},
            "y": {"field": "row", "type": "nominal", "axis": {"title": None}},
        },
        "layer": [
            {
                "mark": {"type": "rect", "fill": HEAT, "stroke": SOFT, "strokeOpacity": 0.35},
                "encoding": {
                    "fillOpacity": {
                        "field": "dark",
                        "type": "quantitative",
                        "scale": {"domain": [0, 0.6], "range": [0, DARKEST], "clamp": True},
                        "legend": None,
                    }
                },
            },
            {"mark": {"type": "text", "dy": -7}, "encoding": {"text": {"field": "shown"}}},
            {"mark": {"type": "text", "dy": 9, "fontWeight": "bold"}, "encoding": {"text": {"field": "error"}}},
        ],
    }
    return Picture(
        "Family by family, darker where the reward model is wrong and sure; the diagonal is a family alone",
        found.sentence,
        spec,
    )


def shadow_zone(found: Zone | None, missing: Mapping[str, str]) -> Section:
    """Accuracy from the most familiar prompts to the newest, and what is overpaid where."""
    if found is None:
        return Section("shadow_zone", QUESTION, f"not measured: {missing.get('shadow_zone', '')}")
    return Section(
        name="shadow_zone",
        question=QUESTION,
        sentence=found.sentence,
        pictures=(
            Picture(
                "Accuracy on pairs, from the most familiar tenth of prompts to the newest",
                found.sentence,
                _deciles(found),
            ),
            Picture(
                "What the reward model makes too much of (red) or too little (blue), in standard deviations",
                found.sentence,
                _heat(found),
            ),
        ),
        tables=(
            table(
                "families",
                ("family", "prompts", "shown to reviewers", "look new", "pairs right"),
                ((f.family, f.prompts, f.shown, share(f.flagged), share(f.accuracy)) for f in found.families),
            ),
        ),
        caveats=(found.caveat,),
    )


def _deciles(found: Zone) -> Spec:
    values = [
        {"score": label(s.name), "decile": at, "right": d.came}
        for s in found.scores
        for at, d in enumerate(s.deciles, 1)
    ]
    return {
        "data": {"values": values},
        "width": 520,
        "height": 210,
        "layer": [
            {
                "mark": {"type": "line", "point": {"filled": True}},
                "encoding": {
                    "x": {
                        "field": "decile",
                        "type": "ordinal",
                        "axis": {"title": "tenth of prompts, newest last", "labelAngle": 0},
                    },
                    "y": {
                        "field": "right",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1]},
                        "axis": {"title": "pairs ordered rightly", "format": "%", "tickCount": 5},
                    },
                    "color": {"field": "score", "type": "nominal", "legend": {"title": "novelty by"}},
                },
            },
            {
                "mark": {"type": "rule", "color": INK, "strokeDash": [4, 4], "strokeOpacity": 0.5},
                "data": {"values": [{"y": 0.5}]},
                "encoding": {"y": {"field": "y", "type": "quantitative"}},
            },
        ],
    }


def _heat(found: Zone) -> Spec:
    acts = list(dict.fromkeys(o.act for o in sorted(found.heat, key=lambda o: -abs(o.error))))[:MOST_ACTS]
    values = [
        {
            "family": label(o.family),
            "act": label(o.act.replace("_", " "), 28),
            "more": max(0.0, o.error),
            "less": max(0.0, -o.error),
            "said": figure(o.error, 1, signed=True),
        }
        for o in found.heat
        if o.act in acts
    ]
    shade = {"type": "quantitative", "scale": {"domain": [0, 2], "range": [0, DARKEST], "clamp": True}, "legend": None}
    return {
        "data": {"values": values},
        "width": {"step": 46},
        "height": {"step": 24},
        "encoding": {
            "x": {"field": "act", "type": "nominal", "axis": {"orient": "top", "title": None, "labelAngle": -40}},
            "y": {"field": "family", "type": "nominal", "axis": {"title": None}},
        },
        "layer": [
            {"mark": {"type": "rect", "fill": HEAT}, "encoding": {"fillOpacity": {"field": "more", **shade}}},
            {"mark": {"type": "rect", "fill": "var(--c1)"}, "encoding": {"fillOpacity": {"field": "less", **shade}}},
            {"mark": {"type": "text", "fontSize": 11}, "encoding": {"text": {"field": "said"}}},
        ],
    }
