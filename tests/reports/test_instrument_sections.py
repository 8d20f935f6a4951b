"""The instruments' part of the page: each with its sentence, its pictures, and every figure in words."""

import importlib.util
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from audit_samples import audit
from hostile_payloads import PAYLOADS
from report_samples import REPORT
from test_hostile_text import CONTROLS, Skeleton

from pytest_rlhfstress.instruments.coverage_ledger import Ledger
from pytest_rlhfstress.instruments.disagreement_bench import Bench
from pytest_rlhfstress.instruments.dose_response import dose_response
from pytest_rlhfstress.instruments.judged_pairs import judged_pairs
from pytest_rlhfstress.instruments.proxy_audit import proxy_audit
from pytest_rlhfstress.instruments.reward_mirror import reward_mirror
from pytest_rlhfstress.instruments.safety_brake import safety_brake
from pytest_rlhfstress.instruments.shadow_map import shadow_map
from pytest_rlhfstress.instruments.uncertainty_meter import uncertainty_meter
from pytest_rlhfstress.reports.html import drawing
from pytest_rlhfstress.reports.html.page import as_html
from pytest_rlhfstress.reports.html.sections import sections_of
from pytest_rlhfstress.reports.json_report import as_json, read_report
from pytest_rlhfstress.reports.report import Instruments

needs_pictures = pytest.mark.skipif(importlib.util.find_spec("vl_convert") is None, reason="needs vl-convert-python")
NINE = (
    "stress_route",
    "reward_mirror",
    "coverage_ledger",
    "shadow_zone",
    "late_bell",
    "safety_brake",
    "disagreement_bench",
    "uncertainty_meter",
    "proxy_audit",
)
DRAWN = {"svg", "g", "path", "text", "tspan", "defs", "clippath", "rect", "line"}


def audited(said: str = ""):
    found = audit(said)
    return replace(REPORT, audits=(found,), audited=(Instruments.of(found),))


@pytest.fixture(scope="module")
def page():
    return as_html(audited())


def test_every_instrument_has_a_section_that_says_its_sentence(page):
    found = audit()
    sections = {section.name: section for section in sections_of(found)}
    assert sections.keys() == {"shadow_map", *NINE}
    for name in NINE:
        assert sections[name].sentence == found.sentences[name]
        assert sections[name].question.endswith("?")
        assert f'id="{name}"' in page


@needs_pictures
def test_every_instrument_has_a_picture_with_its_words(page):
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    assert len(articles) == 10
    for article in articles:
        assert re.search(r'<svg role="img" aria-label="[^"]{20,}"', article)
        assert "<table>" in article


@needs_pictures
def test_pictures_take_their_colours_from_the_page_and_keep_its_policy(page):
    pictures = re.findall(r'<svg role="img".*?</svg>', page, re.DOTALL)
    assert len(pictures) >= 15
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', "".join(pictures)))
    assert {c for c in colours if not c.startswith("var(--")} <= {"none", "transparent"}
    for picture in pictures:
        ElementTree.fromstring(picture)
        assert "style=" not in picture
        assert "http" not in picture.replace("http://www.w3.org/", "")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_without_the_drawing_library_the_page_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    page = as_html(audited())
    assert '<svg role="img"' not in page
    assert "pytest-rlhfstress[report]" in page
    assert drawing.EXTRA == "report"
    assert page.count("<article") == 10


def test_an_audit_of_nothing_still_has_its_page():
    ledger, pairs = Ledger().report(()), judged_pairs([])
    found = replace(
        audit(),
        ledger=ledger,
        bench=Bench().report(),
        mirror=reward_mirror(pairs, "rubric"),
        meter=uncertainty_meter(pairs, "rubric", ()),
        votes_mirror=None,
        zone=None,
        brake=safety_brake([], "rubric"),
        bells=(),
        proxies=proxy_audit([]),
        doses=dose_response([]),
        shadow=shadow_map(ledger),
        missing=dict.fromkeys(NINE, "nothing was there"),
    )
    page = as_html(replace(REPORT, audits=(found,), audited=(Instruments.of(found),)))
    assert page.count("<article") == 10
    assert "could not be drawn" not in page


@needs_pictures
def test_a_picture_that_cannot_be_drawn_costs_nothing_but_itself(monkeypatch):
    def fails(spec, **_):
        raise ValueError("the drawing library is at a loss")

    monkeypatch.setattr("vl_convert.vegalite_to_svg", fails)
    page = as_html(audited())
    assert page.count("could not be drawn") >= 10
    assert page.count("<article") == 10


def test_what_was_not_measured_says_why():
    found = replace(
        audit(), zone=None, brake=None, doses=None, bells=(), missing=dict.fromkeys(NINE, "nobody asked for it")
    )
    said = {section.name: section.sentence for section in sections_of(found)}
    for name in ("shadow_zone", "safety_brake", "stress_route", "late_bell"):
        assert said[name] == "not measured: nobody asked for it"
    assert "not measured: nobody asked for it" in as_html(
        replace(REPORT, audits=(found,), audited=(Instruments.of(found),))
    )


def test_the_json_report_carries_sentences_and_figures(tmp_path):
    report = audited()
    (tmp_path / "r.json").write_text(as_json(report))
    back = read_report(tmp_path / "r.json")
    assert back.audited[0].measured.keys() == {"shadow_map", *NINE}
    for name, measured in report.audited[0].measured.items():
        assert back.audited[0].measured[name].sentence == measured.sentence
        assert len(back.audited[0].measured[name].rows) == len(measured.rows) > 0
    assert back.audited[0].truth == report.audited[0].truth


@pytest.mark.parametrize(
    "text",
    [
        *(PAYLOADS[name] for name in ("script", "svg", "end of pre", "ansi", "bidi", "xml-illegal", "lone surrogate")),
        " ".join(PAYLOADS.values()),
    ],
    ids=lambda text: str(len(text)),
)
def test_hostile_names_are_only_text_in_pictures_and_tables(text):
    page = as_html(audited(text))
    assert not CONTROLS.search(page)
    tags = Skeleton(page).tags
    inside = {tag[0] for tag in Skeleton("".join(re.findall(r'<svg role="img".*?</svg>', page, re.DOTALL))).tags}
    assert {tag.removeprefix("/") for tag in inside} <= DRAWN
    assert not [tag for tag in tags if any(name.startswith("on") for name in tag[1:])]
    assert [tag[0] for tag in tags].count("script") == 1
