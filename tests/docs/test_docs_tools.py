"""What keeps the pages honest notices a page that lies."""

import pytest
from docs_blocks import ROOT, blocks_of
from docs_generated import regenerated
from docs_refresh import shortened_alike
from docs_running import matches, run_block, steady


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr("docs_blocks.ROOT", tmp_path)

    def write(text):
        file = tmp_path / "page.md"
        file.write_text(text.replace("'''", "```"), "utf-8")
        return file

    return write


def run_all(page, folder):
    return [command for block in blocks_of(page) for command in run_block(block, folder)]


def test_output_that_differs_is_noticed(page, tmp_path):
    right, wrong = run_all(page("'''console\n$ echo one\none\n$ echo two\nthree\n'''\n"), tmp_path)
    assert right.right
    assert not wrong.right


def test_a_command_shown_without_output_must_succeed(page, tmp_path):
    good, bad = run_all(page("'''console\n$ true\n$ false\n'''\n"), tmp_path)
    assert good.right
    assert not bad.right


def test_a_titled_block_is_a_file_for_the_blocks_after_it(page, tmp_path):
    text = "'''python title=\"mod.py\"\nx = 7\n'''\n'''console\n$ python -c 'import mod; print(mod.x)'\n7\n'''\n"
    assert all(command.right for command in run_all(page(text), tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "'''python\nassert 1 == 2\n'''\n",
        "'''python\ndef test_it():\n    assert 1 == 2\n'''\n",
        "'''python title=\"a.py\"\ndef broken(:\n'''\n",
        "'''toml\na = \n'''\n",
        "'''json\n{a}\n'''\n",
        "'''yaml\nintents: {loan: {family: loans, sayz: [A loan.]}}\n'''\n",
        "'''console\nno dollar sign\n'''\n",
        "'''cobol\nADD 1 TO X\n'''\n",
    ],
    ids=["script", "test", "syntax", "toml", "json", "suite", "console", "language"],
)
def test_a_block_that_does_not_work_is_noticed(page, tmp_path, text):
    with pytest.raises(Exception, match=r"(?s).+"):
        run_all(page(text), tmp_path)


def test_a_block_may_be_left_out_with_a_reason(page):
    left_out, kept = blocks_of(page("<!-- not run: no network -->\n'''console\n$ x\n'''\n\ntext\n\n'''text\n'''\n"))
    assert left_out.not_run == "no network"
    assert not kept.not_run


def test_dots_stand_for_any_lines():
    assert matches(["a", "...", "d"], ["a", "b", "c", "d"])
    assert matches(["...", "d"], ["d"])
    assert not matches(["a", "...", "x"], ["a", "b", "c", "d"])
    assert not matches(["a"], ["a", "b"])


def test_times_measured_shares_and_the_width_of_rules_do_not_count():
    assert steady("reward: +1.81 from clinic, 73 % sure") == steady("reward: -0.40 from clinic, 7 % sure")
    assert steady("=== 1 passed in 0.31s ===") == steady("========= 1 passed in 12.04s (0:00:12) =========")
    assert steady("2 passed in 0.31s") != steady("1 passed in 0.31s")


def test_refreshing_keeps_a_page_short_where_it_was_short():
    printed = ["header", "FAIL  a", "1 case", "seed 0", "=== 1 failed in 2.00s ==="]
    assert shortened_alike(["...", "FAIL  a", "3 cases", "..."], printed) == ["...", "FAIL  a", "1 case", "..."]
    assert shortened_alike(["old"], printed) == printed
    twice = [*printed, *[f"line {n}" for n in range(30)], *printed]
    assert shortened_alike(["...", "FAIL  a", "3 cases", "..."], twice) == ["...", "FAIL  a", "1 case", "..."]


def test_refreshing_stops_where_nothing_resembles_what_stood_there():
    with pytest.raises(SystemExit, match="nothing printed resembles 'FAIL  a'"):
        shortened_alike(["...", "FAIL  a", "..."], ["INTERNALERROR> Traceback"])


def test_generated_parts_are_written_anew_and_nothing_else():
    text = (
        "a\n<!-- generated: markers -->\nstale words\n<!-- end -->\nb\n<!-- generated: options -->\n<!-- end -->\nc\n"
    )
    new = regenerated(text)
    assert new.startswith("a\n<!-- generated: markers -->\n\n| marker |")
    assert "<!-- end -->\nb\n<!-- generated: options -->\n\n| option |" in new
    assert new.endswith("<!-- end -->\nc\n")
    assert "stale words" not in new
    assert regenerated(new) == new


def test_every_page_has_a_heading():
    for page in (ROOT / "docs").rglob("*.md"):
        assert page.read_text("utf-8").startswith(("# ", "--8<-- ")), page
