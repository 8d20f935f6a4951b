"""Bad preference data are counted, named with their lines, and stop the run when they are too many."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences import open_preferences

GOOD = {"prompt": "Sky?", "chosen": "blue", "rejected": "green"}


def written(tmp_path, *lines, name="data.jsonl"):
    file = tmp_path / name
    file.write_bytes(
        b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    )
    return file


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{not json", "not JSON"),
        (b"[1, 2]", "a JSON list; each line must be an object"),
        (b'{"prompt": "\xff\xfe"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        ({**GOOD, "chosen": None}, "chosen is missing"),
        ({"prompt": "Sky?", "chosen": "blue"}, "rejected is missing"),
        ({**GOOD, "chosen": 7}, "reply is a int; it must be a text or a list of turns"),
        ({**GOOD, "chosen": []}, "a list of replies is empty"),
        ({**GOOD, "prompt": [{"role": "narrator", "content": "x"}]}, "the role 'narrator'"),
        ({**GOOD, "prompt": [{"role": "user"}]}, "a turn of prompt has no content"),
        ({**GOOD, "margin": "wide"}, "margin is 'wide', not a number"),
        ({**GOOD, "score_chosen": float("inf")}, "score_chosen is inf, not a finite number"),
        ({**GOOD, "tools": "{"}, "tools is neither a list nor JSON of one"),
        ({"chosen": "blue", "rejected": "green"}, "no prompt, and the two replies share no beginning"),
        (
            {
                "chosen": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
                "rejected": [{"role": "user", "content": "a"}, {"role": "user", "content": "c"}],
            },
            "the two conversations part before the last reply",
        ),
    ],
)
def test_a_bad_row_is_counted_with_its_line_and_the_others_are_read(tmp_path, bad, reason):
    data = open_preferences(written(tmp_path, *[GOOD] * 20, bad, *[GOOD] * 20))
    pairs = list(data.pairs())
    assert len(pairs) == 40
    assert [p.line for p in pairs] == [*range(1, 21), *range(22, 42)]
    (problem,) = data.problems.first
    assert problem.line == 21
    assert reason in problem.reason
    assert "1 of 41 rows were left out" in data.problems.lines[0]


def test_too_many_bad_rows_stop_the_reading_at_its_end(tmp_path):
    data = open_preferences(written(tmp_path, *[GOOD] * 90, *[b"oops"] * 10))
    with pytest.raises(UserError, match="10 of 100 rows cannot be read as preference data") as error:
        list(data.pairs())
    assert "data.jsonl, line 91: not JSON" in str(error.value)


def test_too_many_bad_rows_stop_a_long_file_long_before_its_end(tmp_path):
    data = open_preferences(written(tmp_path, *[GOOD] * 900, *[b"oops"] * 5000))
    with pytest.raises(UserError, match=r"100 of 1000 rows"):
        list(data.pairs())


def test_the_share_that_may_be_bad_is_the_users_choice(tmp_path):
    data = open_preferences(written(tmp_path, *[GOOD] * 9, b"oops"), most_bad=0.2)
    assert len(list(data.pairs())) == 9
    assert data.problems.bad == 1


def test_a_margin_that_only_some_rows_have_is_said(tmp_path):
    data = open_preferences(written(tmp_path, {**GOOD, "margin": 1.0}, GOOD, {**GOOD, "margin": 2.0}))
    assert [p.margin for p in data.pairs()] == [1.0, None, 2.0]
    assert data.problems.lines == (
        "data.jsonl: margin is missing in 1 of 3 rows, first in line 2; a trainer that uses it needs it in all",
    )


def test_scores_that_are_not_numbers_are_read_as_absent_and_said(tmp_path):
    data = open_preferences(written(tmp_path, GOOD, {**GOOD, "score_chosen": float("nan")}))
    assert [p.score_chosen for p in data.pairs()] == [None, None]
    assert data.problems.bad == 0
    assert "score_chosen is not a number (read as absent) in 1 of 2 rows, first in line 2" in data.problems.lines[0]


def test_replies_compared_with_themselves_are_kept_and_said(tmp_path):
    data = open_preferences(written(tmp_path, {**GOOD, "chosen": "green"}))
    assert len(list(data.pairs())) == 1
    assert "a reply is compared with itself in 1 of 1 rows" in data.problems.lines[0]


def test_choices_that_are_only_zero_and_one_are_questioned(tmp_path):
    rows = [{"prompt": "Sky?", "response_a": "blue", "response_b": "red", "winner": w} for w in (0, 1, 1, 0)]
    data = open_preferences(written(tmp_path, *rows))
    list(data.pairs())
    assert "If they mean the two replies, write first_is=0,second_is=1" in data.problems.lines[0]


def test_a_choice_nobody_explained_is_a_bad_row(tmp_path):
    row = {"prompt": "Sky?", "response_a": "blue", "response_b": "red", "winner": "gpt-x"}
    with pytest.raises(UserError, match="winner is 'gpt-x', and nobody said which reply that is"):
        list(open_preferences(written(tmp_path, row)).pairs())


@pytest.mark.parametrize("name", ["data.jsonl", "data.csv", "data.json", "data.jsonl.gz"])
def test_an_empty_file_is_a_clear_error(tmp_path, name):
    with pytest.raises(UserError, match="there is no row in it"):
        open_preferences(written(tmp_path, name=name))


def test_a_csv_of_a_header_alone_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="there is no row in it"):
        open_preferences(written(tmp_path, b"prompt,chosen,rejected", name="data.csv"))


def test_one_column_is_a_clear_error_that_says_what_to_write(tmp_path):
    with pytest.raises(UserError, match="the fields are 'text'; say which field is which"):
        open_preferences(written(tmp_path, {"text": "a"}))


def test_a_file_of_garbage_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="rows cannot be read as preference data"):
        open_preferences(written(tmp_path, b"\x00\x01\x02", b"\xff" * 40))


def test_a_missing_file_is_a_clear_error_with_the_nearest_name(tmp_path):
    written(tmp_path, GOOD, name="train.jsonl")
    with pytest.raises(UserError, match=r"no preference data at .*trian.jsonl; did you mean 'train.jsonl'\?"):
        open_preferences(tmp_path / "trian.jsonl")


def test_a_file_of_another_kind_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="not a kind of file that can be read; give a"):
        open_preferences(written(tmp_path, GOOD, name="data.pkl"))


def test_a_damaged_gzip_file_is_a_clear_error(tmp_path):
    file = tmp_path / "data.jsonl.gz"
    packed = gzip.compress("".join(json.dumps({**GOOD, "n": n}) + "\n" for n in range(5000)).encode())
    file.write_bytes(packed[: len(packed) // 2])
    data = open_preferences(file)
    with pytest.raises(UserError, match="the gzip data end too early or are damaged"):
        list(data.pairs())


def test_a_row_of_ten_megabytes_is_read_like_any_other(tmp_path):
    long = "word " * 2_000_000
    data = open_preferences(written(tmp_path, GOOD, {**GOOD, "chosen": long}, GOOD))
    assert [len(p.chosen) for p in data.pairs()] == [4, len(long), 4]
    file = tmp_path / "data.csv"
    file.write_text(f"prompt,chosen,rejected\nSky?,blue,{long}\n")
    assert [len(p.rejected) for p in open_preferences(file).pairs()] == [len(long)]


def test_rows_in_other_scripts_are_read_unchanged(tmp_path):
    texts = ["空は何色ですか", "السماء زرقاء", "आसमान नीला है", "небо 🌌"]
    rows = [{"prompt": text, "chosen": text + "!", "rejected": text + "?"} for text in texts]
    data = open_preferences(written(tmp_path, *[json.dumps(r, ensure_ascii=False).encode() for r in rows]))
    assert [p.text for p in data.pairs()] == texts
    assert [p.chosen for p in data.pairs()] == [text + "!" for text in texts]


def test_a_csv_row_of_too_many_cells_or_no_utf8_is_a_bad_row(tmp_path):
    lines = [b"prompt,chosen,rejected", *[b'"Sky,\n?",blue,green'] * 40, b"a,b,c,d", b"Sky?,bl\xfce,green"]
    data = open_preferences(written(tmp_path, *lines, name="data.csv"))
    assert len(list(data.pairs())) == 40
    assert [(p.line, p.reason.split(";")[0]) for p in data.problems.first] == [
        (82, "4 cells, and the header has 3"),
        (83, "not UTF-8"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.sampled_from(["user", "1", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "from", "tool_calls", "text"]), inner)
    ),
    max_leaves=8,
)
NAMES = [
    "prompt",
    "chosen",
    "rejected",
    "margin",
    "tools",
    "votes",
    "rater",
    "id",
    "response_a",
    "response_b",
    "winner",
]


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.dictionaries(st.sampled_from(NAMES), JSON, min_size=1), min_size=1, max_size=4))
def test_no_row_whatever_is_lost_or_raises_anything_but_a_clear_error(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("any") / "data.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    try:
        data = open_preferences(file, most_bad=1.0)
        pairs = list(data.pairs())
    except UserError:
        return
    assert data.problems.rows == len(rows)
    lines = {p.line for p in pairs} | {p.line for p in data.problems.first}
    joined = len(rows) - len(lines)
    assert joined == 0 or any(len(p.votes) > 1 for p in pairs)
