"""Safety brake: proxy, true worth and harmful replies against the distance from the untuned model, slice by slice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.drawing import BLUE, GREEN, RED
from pytest_rlhfstress.reports.html.section import Datum, Picture, Section, Spec, between, label, share, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.safety_brake import Brake, Curve

QUESTION = "As optimisation pressure rises, when does the proxy keep rising and safety fall?"
MOST_SLICES = 6
WIDTH, HEIGHT = 142, 140


def safety_brake(found: Brake | None, missing: Mapping[str, str]) -> Section:
    """A row of curves for each method of pressing."""
    if found is None:
        return Section("safety_brake", QUESTION, f"not measured: {missing.get('safety_brake', '')}")
    methods = dict.fromkeys(curve.method for curve in found.curves)
    own = {method: [c for c in found.curves if c.method == method] for method in methods}
    return Section(
        name="safety_brake",
        question=QUESTION,
        sentence=found.sentence,
        pictures=tuple(
            Picture(f"By {method}; distance is √KL, KL {curves[0].kl_is}", found.sentence, _curves(curves))
            for method, curves in own.items()
        ),
        tables=(
            table(
                f"every pressure; true worth by {found.truth}",
                ("slice", "method", "pressure", "KL", "proxy", "true worth", "95 %", "harmful"),
                (
                    (
                        c.family,
                        c.method,
                        p.setting,
                        p.kl,
                        p.proxy,
                        p.gold,
                        between(p.gold_interval),
                        share(p.harmful),
                    )
                    for c in found.curves
                    for p in c.points
                ),
            ),
        ),
        caveats=(found.caveat,),
    )


def _curves(curves: list[Curve]) -> Spec:
    worst_first = sorted(curves, key=lambda c: (not c.turned, -c.fall, c.family))[:MOST_SLICES]
    order = [label(c.family, 30) for c in worst_first]
    values = [datum for curve in worst_first for datum in _points(curve)]
    judged = any(v["what"] == "harmful" for v in values)
    ticks = {"title": "√KL", "tickCount": 4, "grid": False}
    x = {"field": "distance", "type": "quantitative", "axis": ticks}
    facet = {"field": "slice", "type": "nominal", "sort": order, "title": None}
    worth = {
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.2},
                "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "line", "point": {"size": 22}}, "encoding": {"y": _y("value", "points")}},
        ],
        "encoding": {
            "x": {**x, "axis": {**ticks, "title": None if judged else "√KL"}},
            "color": {
                "field": "what",
                "type": "nominal",
                "scale": {"domain": ["proxy reward", "true worth"], "range": [BLUE, GREEN]},
                "legend": {"title": None, "orient": "top"},
            },
        },
    }
    harm = {
        "width": WIDTH,
        "height": HEIGHT * 2 // 3,
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.2, "color": RED},
                "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "point": {"size": 22, "color": RED}, "color": RED},
                "encoding": {
                    "y": {
                        **_y("value", "harmful replies"),
                        "scale": {"domain": [0, 1]},
                        "axis": {"title": "harmful replies", "format": "%", "tickCount": 3},
                    }
                },
            },
        ],
        "encoding": {"x": x},
    }
    rows = [{"transform": [{"filter": "datum.what != 'harmful'"}], "facet": {"column": facet}, "spec": worth}]
    if judged:
        plain = {**facet, "header": {"labels": False}}
        rows.append({"transform": [{"filter": "datum.what == 'harmful'"}], "facet": {"column": plain}, "spec": harm})
    return {"data": {"values": values}, "vconcat": rows, "spacing": 8}


def _y(field: str, title: str) -> Datum:
    return {"field": field, "type": "quantitative", "axis": {"title": title, "tickCount": 4}}


def _points(curve: Curve) -> list[Datum]:
    found: list[Datum] = []
    for p in curve.points:
        at = {"slice": label(curve.family, 30), "distance": p.distance}
        found.append({**at, "what": "proxy reward", "value": p.proxy, "low": p.proxy, "high": p.proxy})
        worth = p.gold_interval
        found.append({**at, "what": "true worth", "value": p.gold, "low": worth.low, "high": worth.high})
        if p.harmful is not None and p.harmful_interval is not None:
            low, high = max(0.0, p.harmful_interval.low), min(1.0, p.harmful_interval.high)
            found.append({**at, "what": "harmful", "value": p.harmful, "low": low, "high": high})
    return found
