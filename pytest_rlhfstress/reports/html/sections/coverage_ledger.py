"""Coverage ledger: which families, and which pairs of their parts, reviewers ever saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.instruments.coverage_ledger import parts_of
from pytest_rlhfstress.reports.html.drawing import BLUE, RED, SOFT
from pytest_rlhfstress.reports.html.section import Picture, Section, Spec, cell, label, share, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.coverage_ledger import FamilyShown, LedgerReport

QUESTION = "Which prompt families and answer styles did reviewers ever see, alone and in pairs?"
LEAST, MOST = 20, 8


def coverage_ledger(found: LedgerReport) -> Section:
    """Prompts by family, the combinations never seen, and what the model does that nobody ever judged."""
    unjudged = found.generated_but_never_compared
    return Section(
        name="coverage_ledger",
        question=QUESTION,
        sentence=found.sentence,
        pictures=tuple(_pictures(found)),
        tables=(
            table(
                "families",
                ("family", "prompts", "pairs of replies", "differing in wording only"),
                ((f.family, f.prompts, f.pairs, f.same_act) for f in found.families),
            ),
            table(
                "combinations",
                ("of", "seen", "possible", "share", "never seen"),
                (
                    (f"{c.strength} together", c.covered, c.feasible, share(c.share), _some(c.missing))
                    for c in found.coverage
                ),
            ),
            table(
                "what the model does there, and no reviewer ever judged",
                ("family", "reply act"),
                ((a.family, a.act) for a in unjudged),
            ),
            table(
                "the whole",
                ("figure", "value"),
                (
                    ("pairs", found.pairs),
                    ("votes", found.votes),
                    ("prompts", f"{'' if found.exact else 'about '}{found.prompts}"),
                    ("pairs that fit no family", share(found.unmapped)),
                    ("pairs never rated", found.never_rated),
                    ("as diverse as so many equal families", " or ".join(cell(e) for e in found.effective)),
                    (f"unseen share ({found.unseen.condition})", share(found.unseen.share)),
                ),
            ),
        ),
    )


def _pictures(found: LedgerReport) -> Iterator[Picture]:
    if not found.families:
        return
    ranked = sorted(found.families, key=lambda f: (f.prompts, f.family))
    all_shown = len(ranked) <= LEAST + MOST
    kept = ranked if all_shown else [*ranked[:LEAST], *ranked[-MOST:]]
    which = "by family" if all_shown else f"the {LEAST} families shown least and the {MOST} shown most"
    yield Picture(f"Prompts shown to reviewers, {which}; red were never shown", found.sentence, _families(kept))
    joint = [f for f in found.families if len(parts_of(f.family)) == 2]
    if joint:
        yield Picture("Prompts by the two parts they join; red pairs were never shown", found.sentence, _pairs(joint))


def _some(missing: tuple[tuple[str, ...], ...], most: int = 12) -> str:
    said = "; ".join(" + ".join(parts) for parts in missing[:most])
    return said + (f"; and {len(missing) - most} more" if len(missing) > most else "")


def _families(ranked: Sequence[FamilyShown]) -> Spec:
    values = [
        {
            "family": label(f.family, 44),
            "prompts": f.prompts,
            "said": f"{f.prompts}",
            "seen": "shown" if f.prompts else "never",
        }
        for f in ranked
    ]
    return {
        "data": {"values": values},
        "width": 460,
        "height": {"step": 17},
        "encoding": {
            "y": {
                "field": "family",
                "type": "nominal",
                "sort": [v["family"] for v in values],
                "axis": {"title": None, "ticks": False},
            },
            "x": {
                "field": "prompts",
                "type": "quantitative",
                "scale": {"type": "symlog"},
                "axis": {"title": "prompts (logarithmic)", "values": [0, 1, 10, 100, 1000, 10000]},
            },
            "color": {
                "field": "seen",
                "type": "nominal",
                "scale": {"domain": ["never", "shown"], "range": [RED, BLUE]},
                "legend": None,
            },
        },
        "layer": [
            {"mark": {"type": "bar", "height": 9}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11},
                "encoding": {"text": {"field": "said"}},
            },
        ],
    }


def _pairs(joint: Sequence[FamilyShown]) -> Spec:
    values = []
    for family in joint:
        one, other = parts_of(family.family)
        seen = "shown" if family.prompts else "never"
        values.append({"one": label(one, 24), "other": label(other, 24), "said": str(family.prompts), "seen": seen})
    return {
        "data": {"values": values},
        "width": {"step": 46},
        "height": {"step": 30},
        "encoding": {
            "x": {"field": "other", "type": "nominal", "axis": {"orient": "top", "title": None, "labelAngle": -40}},
            "y": {"field": "one", "type": "nominal", "axis": {"title": None}},
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": SOFT, "strokeOpacity": 0.35, "fillOpacity": 0.3},
                "encoding": {
                    "fill": {
                        "field": "seen",
                        "type": "nominal",
                        "scale": {"domain": ["never", "shown"], "range": [RED, "none"]},
                        "legend": None,
                    }
                },
            },
            {"mark": "text", "encoding": {"text": {"field": "said"}}},
        ],
    }
