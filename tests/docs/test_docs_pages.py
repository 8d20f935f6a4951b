"""Every block of every page does what it shows; generated parts are up to date; links lead somewhere."""

import re
from difflib import unified_diff

import pytest
from docs_blocks import ROOT, blocks_of, pages
from docs_generated import regenerated
from docs_running import run_block, steady

PAGES = pages()
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
ids = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.mark.parametrize("page", [p for p in PAGES if blocks_of(p)], ids=lambda p: str(p.relative_to(ROOT)))
def test_every_block_of_a_page_does_what_it_shows(page, tmp_path):
    for block in blocks_of(page):
        if block.not_run:
            continue
        for command in run_block(block, tmp_path):
            said = [steady(line) for line in command.printed]
            differing = "\n".join(
                unified_diff([steady(line) for line in command.shown], said, "page", "today", lineterm="")
            )
            assert command.right, (
                f"{block.place}: $ {command.command} (exit status {command.status})\n{differing}\n"
                f"python tests/docs/docs_refresh.py {page.relative_to(ROOT)} writes it anew"
            )


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_generated_parts_of_a_page_are_up_to_date(page):
    text = page.read_text("utf-8")
    assert regenerated(text) == text, f"run python tests/docs/docs_refresh.py {page.relative_to(ROOT)}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_the_links_of_a_page_lead_somewhere(page):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for found in LINK.finditer(text):
        target, _, anchor = found["target"].partition("#")
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        if target.endswith(".schema.json"):  # docs/publish_schemas.py puts it there
            assert list((ROOT / "pytest_rlhfstress").rglob(target.rpartition("/")[2])), f"{page.name}: {found[0]}"
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name}: {found[0]}"
        if anchor:
            assert anchor in anchors_of(file.read_text("utf-8")), f"{page.name}: {found[0]}"


def anchors_of(text):
    headings = re.findall(r"^#+ (.+?)(?: \{#([\w-]+)\})?$", text, re.MULTILINE)
    return {given or re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", head).strip().lower()) for head, given in headings}


def test_a_block_is_left_out_for_a_reason_and_seldom():
    every = [block for page in PAGES for block in blocks_of(page) if block.language != "text"]
    left_out = [block.place for block in every if block.not_run]
    assert len(left_out) <= 0.25 * len(every), left_out
