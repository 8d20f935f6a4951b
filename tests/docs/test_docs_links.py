"""Links of every Markdown file of the project, also of those outside the site; addresses elsewhere are only listed."""

import re

import pytest
from docs_blocks import ROOT, pages
from test_docs_pages import LINK, anchors_of

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
SPARE = (".venv", "node_modules", "site", "dist", ".pytest_cache")
FILES = sorted(file for file in ROOT.rglob("*.md") if not any(part in SPARE for part in file.relative_to(ROOT).parts))


def links(file):
    return [found["target"] for found in LINK.finditer(CODE.sub("", file.read_text("utf-8")))]


@pytest.mark.parametrize("file", [f for f in FILES if f not in pages()], ids=lambda file: str(file.relative_to(ROOT)))
def test_links_outside_the_site_lead_somewhere(file):
    for link in links(file):
        target, _, anchor = link.partition("#")
        if target.startswith(("http://", "https://")):
            continue
        there = (file.parent / target).resolve() if target else file
        assert there.exists(), f"{file.name}: {link}"
        if anchor:
            assert anchor in anchors_of(there.read_text("utf-8")), f"{file.name}: {link}"


def test_no_page_of_the_site_links_out_of_it():
    docs = ROOT / "docs"
    for file in (f for f in FILES if f.is_relative_to(docs)):
        for link in links(file):
            if not link.startswith(("http", "#", "mailto:")):
                assert (file.parent / link.partition("#")[0]).resolve().is_relative_to(docs), f"{file.name}: {link}"


def test_addresses_elsewhere_are_listed_and_whole(record_property):
    outside = sorted({link for file in FILES for link in links(file) if link.startswith("http")})
    record_property("external links", "\n".join(outside))
    print(*outside, sep="\n")
    assert outside
    assert not [link for link in outside if not re.fullmatch(r"https?://[\w.-]+(?::\d+)?(?:/[^\s]*)?", link)]


def test_no_page_stands_in_the_navigation_twice():
    """That none is left out is what `mkdocs build --strict` checks."""
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8").split("\nnav:\n")[1]
    listed = re.findall(r"([\w/]+\.md)$", navigation, re.MULTILINE)
    assert len(listed) == len(set(listed)) > 20
