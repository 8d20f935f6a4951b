"""Proxy audit: a forest of what each hidden proxy adds to the reward, with the oracle's markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.drawing import AMBER, BLUE, GREEN, GREY, INK, RED
from pytest_rlhfstress.reports.html.section import Picture, Section, Spec, between, label, share, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.proxy_audit import Audited

QUESTION = "Which hidden proxy (calm tone, length, hedging, refusal boilerplate, flattery) is it paying for?"
MOST_ROWS = 30


def proxy_audit(found: Audited) -> Section:
    """The forest, and every row in words."""
    return Section(
        name="proxy_audit",
        question=QUESTION,
        sentence=found.sentence,
        pictures=(
            Picture(
                "Reward added by the same content in another style; the diamond is what that is truly worth",
                found.sentence,
                _forest(found),
            ),
        )
        if found.effects
        else (),
        tables=(
            table(
                "every proxy",
                ("proxy", "slice", "rewrites", "reward", "95 %", "wins", "true worth", "judgement"),
                (
                    (
                        e.proxy,
                        e.family,
                        e.rewrites,
                        e.effect,
                        between(e.interval),
                        share(e.win),
                        e.oracle,
                        e.judgement,
                    )
                    for e in found.effects
                ),
            ),
        ),
        caveats=found.caveats,
    )


def _forest(found: Audited) -> Spec:
    flips = {"sign flip": 0, "no oracle": 1, "unearned": 2, "agrees": 3, "no effect": 4}
    ranked = sorted(found.effects, key=lambda e: (e.proxy, e.family != "all", flips[e.judgement]))
    values = [
        {
            "row": label(f"{e.proxy}, {e.family}", 44),
            "effect": e.effect,
            "low": e.interval.low,
            "high": e.interval.high,
            "oracle": e.oracle,
            "judgement": e.judgement,
        }
        for e in ranked
        if e.family == "all" or e.judgement == "sign flip"
    ][:MOST_ROWS]
    order = [v["row"] for v in values]
    y = {"field": "row", "type": "nominal", "sort": order, "axis": {"title": None, "grid": True}}
    colour = {
        "field": "judgement",
        "type": "nominal",
        "scale": {"domain": list(flips), "range": [RED, AMBER, BLUE, GREEN, GREY]},
        "legend": {"title": None},
    }
    return {
        "data": {"values": values},
        "width": 460,
        "height": {"step": 24},
        "layer": [
            {"mark": {"type": "rule", "color": INK, "strokeOpacity": 0.6}, "encoding": {"x": {"datum": 0}}},
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "y": y,
                    "x": {"field": "low", "type": "quantitative", "axis": {"title": "change of reward"}},
                    "x2": {"field": "high"},
                    "color": colour,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 70},
                "encoding": {"y": y, "x": {"field": "effect", "type": "quantitative"}, "color": colour},
            },
            {
                "transform": [{"filter": "isValid(datum.oracle)"}],
                "mark": {"type": "point", "shape": "diamond", "size": 90, "stroke": INK, "strokeWidth": 1.5},
                "encoding": {"y": y, "x": {"field": "oracle", "type": "quantitative"}},
            },
        ],
    }
