"""What models, suites and users write is only ever text, in every report."""

import html.parser
import io
import json
import re
import shlex
from unittest import mock
from xml.etree import ElementTree

import pytest
from hostile_payloads import PAYLOADS
from markdown_it import MarkdownIt
from report_samples import FAILING, hostile_report, saying

from pytest_rlhfstress.reports.failure_card import failure_card, reproduction
from pytest_rlhfstress.reports.github import step_summary, workflow_commands
from pytest_rlhfstress.reports.html.page import as_html
from pytest_rlhfstress.reports.json_report import as_document, as_json, check, read_report
from pytest_rlhfstress.reports.plain_text import printable, shown
from pytest_rlhfstress.reports.terminal import Overview, write_summary

payloads = pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS.keys())
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


class Skeleton(html.parser.HTMLParser):
    """The tags of a page with the names of their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag):
        self.tags.append(("/" + tag,))

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.tags.append(("comment",))

    def handle_decl(self, decl):
        self.tags.append((decl,))


def tame(text: str) -> str:
    """Words as long as ``text``, and as empty."""
    return "w" * len(text)


@payloads
def test_html_has_the_same_elements_whatever_the_text(text):
    page = as_html(hostile_report(text))
    assert Skeleton(page).tags == Skeleton(as_html(hostile_report(tame(text)))).tags
    assert not CONTROLS.search(page)
    page.encode()


@payloads
def test_html_still_shows_the_text(text):
    said = "".join(Skeleton(as_html(hostile_report(text))).texts)
    assert printable(text, "\n\t\u200c\u200d").strip() in said


@payloads
def test_json_is_valid_ascii_and_carries_the_text_unchanged(text, tmp_path):
    report = hostile_report(text)
    written = as_json(report)
    assert written.isascii()
    check(json.loads(written), "report")
    assert json.loads(written) == json.loads(json.dumps(as_document(report)))
    (tmp_path / "r.json").write_text(written)
    assert read_report(tmp_path / "r.json") == report


@payloads
def test_markdown_has_the_same_elements_whatever_the_text(text):
    def rendered(said):
        renderer = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable("table")
        return Skeleton(renderer.render(step_summary(hostile_report(said)))).tags

    assert rendered(text) == rendered(tame(text))
    assert not CONTROLS.search(step_summary(hostile_report(text)))


@payloads
def test_a_workflow_command_stays_one_line_with_its_own_properties(text):
    for line in workflow_commands(hostile_report(text)):
        assert "\n" not in line
        assert not CONTROLS.search(line)
        head = re.fullmatch(r"::(error|warning) (?P<properties>.*?)::(?P<message>.*)", line)
        assert {p.partition("=")[0] for p in head["properties"].split(",")} <= {"file", "line", "title"}


@payloads
@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_the_terminal_gets_printable_lines_of_100_columns_and_no_orders(text, verbosity):
    out = io.StringIO()
    reporter = mock.Mock(verbosity=verbosity)
    reporter.write_line = lambda line, **_: out.write(line + "\n")
    reporter.write = lambda line, **_: out.write(line)
    report = hostile_report(text)
    overview = Overview(3, 2, model_configured=True, reviews=(text,), notes=(text,))
    write_summary(reporter, report.findings, overview)
    card = failure_card(saying(FAILING, text))
    for line in [*out.getvalue().split("\n"), *card.split("\n")]:
        assert not CONTROLS.search(line)
        assert not re.match(r"\s*::", line)
        assert not re.search(r"##(vso|teamcity)?\[", line)
        assert len(line) <= 100 or line.startswith(("again:", "   at:"))


@payloads
def test_the_command_to_repeat_it_runs_one_pytest_and_nothing_else(text):
    command = reproduction(saying(FAILING, text))
    assert "\n" not in command
    assert not CONTROLS.search(command)
    words = shlex.split(command)
    assert words[0] == "pytest"
    assert words[1] == f"--rlhf-suite={printable(text, '')}"
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    assert not {";", "&&", "|", "&"} & set(lexer)


@payloads
def test_what_is_shown_in_junit_is_legal_xml(text):
    for value in (shown(text), failure_card(saying(FAILING, text))):
        element = ElementTree.Element("x", {"value": value})
        element.text = value
        assert ElementTree.fromstring(ElementTree.tostring(element)).text == (value or None)
