"""The site builds with warnings as errors, and what it builds needs nothing from elsewhere."""

import re
import subprocess
import sys

import pytest
from docs_blocks import ROOT

ASSET = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"(?P<src>[^\"]+)\"|<link\b(?P<link>[^>]*)>")
FETCHED = re.compile(r"rel=\"(?:stylesheet|preconnect|preload|icon|modulepreload|dns-prefetch)\"")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_no_page_fetches_anything_from_elsewhere(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        for found in ASSET.finditer(page.read_text("utf-8")):
            link = found["link"] or ""
            href = re.search(r"href=\"([^\"]+)\"", link) if FETCHED.search(link) else None
            wanted = found["src"] or (href[1] if href else "")
            assert not wanted.startswith(("http:", "https:", "//")), f"{page.name}: {wanted}"


def test_no_style_sheet_fetches_a_font_from_elsewhere(site):
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(?:https?:)?//|@import", sheet.read_text("utf-8")), sheet.name


def test_the_schemas_stand_beside_the_pages(site):
    shipped = ROOT / "pytest_rlhfstress" / "suites" / "suite.schema.json"
    assert (site / "suite.schema.json").read_bytes() == shipped.read_bytes()
