"""Put the page together: templates with everything escaped, style and script inside, nothing else allowed to run."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.cards import cards
from pytest_rlhfstress.reports.html.drawing import EXTRA, can_draw, draw
from pytest_rlhfstress.reports.html.section import Picture, Section
from pytest_rlhfstress.reports.plain_text import JOINERS, KEPT, printable
from pytest_rlhfstress.reports.report import CAVEAT, Instruments, Report

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MOST_SLICES = 12
MOST_FURTHER = 5


def as_html(report: Report) -> str:
    """The whole report as one HTML file."""
    shown = cards(report.ranked, report.comparison)
    failing = [card for card in shown if card.finding.verdict == "FAIL"]
    return render(
        "report.html.j2",
        title=f"{report.verdict}: {report.facts.model}",
        report=report,
        facts=report.facts,
        cards=shown,
        first=next((card for card in failing if card.example is not None), None),
        further=[card for card in failing if card.example is not None][1 : 1 + MOST_FURTHER],
        failing=failing,
        slices=report.worst_slices(MOST_SLICES),
        families=sorted({s.family for f in report.findings for s in f.slices}),
        caveat=CAVEAT,
        audited=_audited(report),
        can_draw=can_draw(),
        extra=EXTRA,
    )


@dataclass(frozen=True)
class Drawn:
    """A section with its pictures drawn; none where the drawing library is not installed."""

    section: Section
    pictures: tuple[tuple[Picture, Markup], ...]


@dataclass(frozen=True)
class AuditedSuite:
    """What was measured of one suite, and its sections. ``prefix`` keeps the page's anchors apart."""

    facts: Instruments
    prefix: str
    sections: tuple[Drawn, ...]


def _audited(report: Report) -> tuple[AuditedSuite, ...]:
    if not report.audits:
        return ()
    from pytest_rlhfstress.reports.html.sections import sections_of

    prefixes = ["", *(f"{at}-" for at in range(2, len(report.audits) + 1))]
    return tuple(
        AuditedSuite(Instruments.of(audit), prefix, tuple(_drawn(section, prefix) for section in sections_of(audit)))
        for audit, prefix in zip(report.audits, prefixes, strict=True)
    )


def _drawn(section: Section, prefix: str) -> Drawn:
    pictures = section.pictures if can_draw() else ()
    return Drawn(
        section,
        tuple((picture, draw(picture, f"{prefix}{section.name}-{at}")) for at, picture in enumerate(pictures)),
    )


def render(template: str, **values: object) -> str:
    """A template of this folder, with its style, its script and the policy that allows these two and nothing else."""
    style, script = _resource("style.css"), _resource("page.js")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return _environment().get_template(template).render(style=style, script=script, policy=policy, **values)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from jinja2.ext import Extension
    from markupsafe import Markup

    class Compact(Extension):
        """Leaves out the line breaks between a template's tags: a browser would make a node of each."""

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            """The template's source without them."""
            return re.sub(r"(?<=[>}])\s*\n\s*(?=<|{[%{])", "", source)

    def visible(value: object) -> object:
        """Runs on every value a template prints, before it is escaped."""
        return printable(value, KEPT + JOINERS) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=PackageLoader("pytest_rlhfstress.reports.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        extensions=[Compact],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["raw_resource"] = Markup
    return environment


@functools.cache
def _resource(name: str) -> str:
    text = files("pytest_rlhfstress.reports.html").joinpath("templates", name).read_text(encoding="utf-8")
    return f"\n{text}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
