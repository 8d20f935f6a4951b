"""Late bell: which sentence of a reply earned the reward, beside what the rubric gives for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.drawing import BLUE, GREEN, INK
from pytest_rlhfstress.reports.html.section import Datum, Picture, Section, Spec, figure, label, table

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.late_bell import Bell

QUESTION = "Which sentence of the reply earned the reward, and was it the one that mattered?"
MOST_BELLS = 3


def late_bell(bells: tuple[Bell, ...], sentence: str) -> Section:
    """A waterfall for each reply: what each sentence adds, by the reward model and by the rubric."""
    rung = [bell for bell in bells if bell.sentences]
    return Section(
        name="late_bell",
        question=QUESTION,
        sentence=sentence,
        pictures=tuple(
            Picture(f"{bell.family}: “{label(bell.prompt, 160)}”", bell.sentence, _waterfall(bell))
            for bell in rung[:MOST_BELLS]
        ),
        tables=(
            table(
                "every sentence",
                ("family", "sentence", "earned", "by the rubric", "style"),
                ((b.family, label(s.text, 120), s.share, s.true_share, s.style) for b in rung for s in b.sentences),
            ),
        )
        if rung
        else (),
        caveats=rung[0].caveats if rung else (),
    )


def _waterfall(bell: Bell) -> Spec:
    values = list(_steps(bell))
    order = list(dict.fromkeys(str(v["sentence"]) for v in values))
    encoding = {
        "y": {
            "field": "sentence",
            "type": "nominal",
            "sort": order,
            "axis": {"title": None, "domain": False, "ticks": False},
        },
        "x": {"field": "start", "type": "quantitative", "axis": {"title": None, "tickCount": 5}},
        "x2": {"field": "end"},
    }
    return {
        "data": {"values": values},
        "facet": {
            "column": {"field": "by", "type": "nominal", "title": None, "sort": ["the reward model", "the rubric"]}
        },
        "spec": {
            "width": 260,
            "height": {"step": 30},
            "layer": [
                {
                    "mark": {"type": "bar", "height": 14, "cornerRadius": 2},
                    "encoding": {
                        **encoding,
                        "color": {
                            "field": "by",
                            "type": "nominal",
                            "scale": {"domain": ["the reward model", "the rubric"], "range": [BLUE, GREEN]},
                            "legend": None,
                        },
                    },
                },
                {
                    "mark": {"type": "text", "align": "left", "dx": 5, "fill": INK},
                    "encoding": {
                        "y": encoding["y"],
                        "x": {"field": "right", "type": "quantitative"},
                        "text": {"field": "said"},
                    },
                },
            ],
        },
    }


def _steps(bell: Bell) -> Iterator[Datum]:
    parts = [("the reward model", [s.share for s in bell.sentences])]
    known = [s.true_share for s in bell.sentences if s.true_share is not None]
    if len(known) == len(bell.sentences):
        parts.append(("the rubric", known))
    for by, shares in parts:
        total = 0.0
        for at, (sentence, earned) in enumerate(zip(bell.sentences, shares, strict=True), 1):
            yield {
                "by": by,
                "sentence": f"{at}. {label(sentence.text, 44)}",
                "start": total,
                "end": total + earned,
                "right": max(total, total + earned),
                "said": figure(earned, signed=True),
            }
            total += earned
