"""Reward mirror: the learned reward against the true worth, and the margins towards the better reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.drawing import BLUE, INK, RED
from pytest_rlhfstress.reports.html.section import Picture, Section, Spec, label, reason, share, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.reward_mirror import Mirror

QUESTION = "Where does the learned reward part from what we actually want, family by family?"
MOST_FAMILIES, MOST_POINTS, MOST_LISTED = 4, 90, 10


def reward_mirror(found: Mirror, votes: Mirror | None) -> Section:
    """Reward against worth in the worst families, the histogram of margins, the confident disagreements."""
    pictures = []
    if found.points:
        pictures.append(
            Picture(
                f"Reward against true worth ({found.truth}), each centred by prompt, in the worst families",
                found.sentence,
                _scatter(found),
            )
        )
    if found.margins[1]:
        pictures.append(
            Picture(
                "Margin towards the truly better reply; red pairs are ordered wrongly", found.sentence, _margins(found)
            )
        )
    against = [("", found)] + ([(" (against the votes)", votes)] if votes is not None else [])
    return Section(
        name="reward_mirror",
        question=QUESTION,
        sentence=found.sentence,
        pictures=tuple(pictures),
        tables=(
            *(
                table(
                    f"families{how}",
                    ("family", "pairs", "right", "95 %", "always the longer", "always the shorter", "tau", "regret"),
                    (
                        (
                            f.family,
                            f.pairs,
                            share(f.accuracy),
                            f"{share(f.interval.low)} to {share(f.interval.high)}",
                            share(f.always_longer),
                            share(f.always_shorter),
                            f.tau,
                            f.regret,
                        )
                        for f in (mirror.overall, *mirror.families)
                    ),
                )
                for how, mirror in against
            ),
            table(
                "confident disagreements",
                ("family", "message", "the reward model prefers", "truly better", "margin"),
                (
                    (d.family, reason(d.prompt), reason(d.preferred), reason(d.better), d.margin)
                    for d in found.disagreements[:MOST_LISTED]
                ),
            ),
        ),
        caveats=found.warnings,
    )


def _scatter(found: Mirror) -> Spec:
    worst = sorted((f for f in found.families if f.accuracy is not None), key=lambda f: f.accuracy or 0.0)
    names = [f.family for f in worst[:MOST_FAMILIES]] or list(dict.fromkeys(p[0] for p in found.points))[:MOST_FAMILIES]
    values = []
    for name in names:
        own = [p for p in found.points if p[0] == name]
        step = max(1, len(own) // MOST_POINTS)
        values += [{"family": label(name, 30), "worth": w, "reward": r} for _, w, r in own[::step]]
    return {
        "data": {"values": values},
        "facet": {
            "column": {"field": "family", "type": "nominal", "title": None, "sort": [label(n, 30) for n in names]}
        },
        "spec": {
            "width": 190,
            "height": 180,
            "layer": [
                {
                    "mark": {"type": "point", "size": 18, "color": BLUE, "opacity": 0.6},
                    "encoding": {
                        "x": {
                            "field": "worth",
                            "type": "quantitative",
                            "axis": {"title": "true worth", "tickCount": 5},
                        },
                        "y": {"field": "reward", "type": "quantitative", "axis": {"title": "reward", "tickCount": 5}},
                    },
                },
                {
                    "mark": {"type": "line", "color": RED, "strokeDash": [5, 3]},
                    "transform": [{"regression": "reward", "on": "worth"}],
                    "encoding": {
                        "x": {"field": "worth", "type": "quantitative"},
                        "y": {"field": "reward", "type": "quantitative"},
                    },
                },
            ],
        },
    }


def _margins(found: Mirror) -> Spec:
    edges, counts = found.margins
    values = [
        {"from": low, "to": high, "pairs": n, "wrong": (low + high) / 2 < 0}
        for low, high, n in zip(edges, edges[1:], counts, strict=False)
    ]
    return {
        "data": {"values": values},
        "width": 520,
        "height": 150,
        "layer": [
            {
                "mark": {"type": "rect"},
                "encoding": {
                    "x": {"field": "from", "type": "quantitative", "axis": {"title": "margin", "grid": False}},
                    "x2": {"field": "to"},
                    "y": {"field": "pairs", "type": "quantitative", "axis": {"title": "pairs", "tickCount": 4}},
                    "y2": {"datum": 0},
                    "color": {
                        "field": "wrong",
                        "type": "nominal",
                        "scale": {"domain": [True, False], "range": [RED, BLUE]},
                        "legend": None,
                    },
                },
            },
            {"mark": {"type": "rule", "color": INK}, "encoding": {"x": {"datum": 0}}},
        ],
    }
