"""Draw pictures as SVG inside the page, in the page's own colours, so that light and dark need no second picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.section import Picture
from pytest_rlhfstress.reports.plain_text import printable

if TYPE_CHECKING:
    from markupsafe import Markup

EXTRA = "report"
"""The extra that brings vl-convert; without it the report is written without pictures and says so."""
INK, SOFT, GRID, PAPER = "var(--ink)", "var(--soft)", "var(--grid)", "var(--card)"
BLUE, RED, GREEN, AMBER, VIOLET, GREY = (f"var(--c{n})" for n in range(1, 7))
HEAT = "var(--heat)"
COLOURS = (BLUE, RED, GREEN, AMBER, VIOLET, GREY)

_TEXT = {"labelColor": SOFT, "titleColor": SOFT, "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal"}
_CONFIG: Mapping[str, object] = {
    "background": None,
    # Room for a font wider than the one the library measures with.
    "padding": {"left": 24, "right": 28, "top": 4, "bottom": 4},
    "font": "sans-serif",
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        **_TEXT,
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelLimit": 320,
        "titlePadding": 8,
    },
    "axisQuantitative": {"labelFlush": False, "labelOverlap": True},
    "legend": {**_TEXT, "symbolStrokeWidth": 2, "symbolOpacity": 1, "labelLimit": 320},
    "header": {**_TEXT, "labelColor": INK, "labelFontWeight": "bold"},
    "title": {"color": INK, "fontSize": 13, "anchor": "start"},
    "text": {"fill": INK, "fontSize": 13},
    "range": {"category": list(COLOURS)},
    "line": {"strokeWidth": 2},
    "point": {"size": 45},
}


def can_draw() -> bool:
    """Whether the drawing library is installed."""
    from importlib.util import find_spec

    return find_spec("vl_convert") is not None


def draw(picture: Picture, prefix: str) -> Markup:
    """The picture as an SVG element whose ids begin with ``prefix``. Needs the extra ``report``."""
    import vl_convert
    from markupsafe import Markup

    spec = {**picture.spec, "config": _CONFIG}
    try:
        svg: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    except ValueError:
        # The figures stand in the table below: a page without one picture is better than no page.
        return Markup('<p class="note">could not be drawn</p>')
    svg = re.sub(r"<[^>]+>", _shorter, svg)
    svg = re.sub(r'(?<=id=")(?=clip)|(?<=url\(#)(?=clip)', f"{prefix}-", svg)
    name = escape(printable(f"{picture.caption}: {picture.says}", kept=""))
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1))


def _shorter(tag: re.Match[str]) -> str:
    """A tag without the digits nobody can see and the attributes that only a script would read."""
    bare = re.sub(r' (?:class|pointer-events|aria-hidden|role|aria-roledescription)="[^"]*"', "", tag[0])
    return re.sub(r"(\.\d\d)\d+", r"\1", bare)
