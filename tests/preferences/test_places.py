"""Preference data are found where people keep them: packed files, shards, Parquet, Hugging Face dataset folders."""

import gzip
import json
import subprocess
import sys

import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences import open_preferences

ROWS = [
    {
        "id": f"row {n}",
        "prompt": [{"role": "user", "content": f"Question {n}?"}],
        "chosen": [{"role": "assistant", "content": f"good {n}"}],
        "rejected": [{"role": "assistant", "content": f"bad {n}"}],
        "margin": n / 10,
    }
    for n in range(12)
]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def jsonl(tmp_path):
    file = tmp_path / "data.jsonl"
    file.write_text(lines(ROWS))
    return file


@pytest.fixture
def expected(jsonl):
    return list(open_preferences(jsonl).pairs())


def test_packed_files_are_read_whatever_their_name(tmp_path, expected):
    for name in ("a.jsonl.gz", "b.jsonl"):
        (tmp_path / name).write_bytes(gzip.compress(lines(ROWS).encode()))
        assert list(open_preferences(tmp_path / name).pairs()) == expected


def test_one_json_list_is_read_like_lines(tmp_path, expected):
    file = tmp_path / "data.json"
    file.write_text("\ufeff" + json.dumps(ROWS, indent=1), "utf-8")
    assert list(open_preferences(file).pairs()) == expected


def test_json_lines_may_begin_with_a_byte_order_mark(tmp_path, expected):
    file = tmp_path / "bom.jsonl"
    file.write_text("\ufeff" + lines(ROWS), "utf-8")
    assert list(open_preferences(file).pairs()) == expected


def test_csv_and_tabs_with_turns_as_json_are_read_like_lines(tmp_path, expected):
    import csv

    for name, delimiter in (("data.csv", ","), ("data.tsv", "\t")):
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(ROWS[0])
            writer.writerows([v if isinstance(v, str) else json.dumps(v) for v in row.values()] for row in ROWS)
        found = list(open_preferences(tmp_path / name).pairs())
        assert [(p.prompt, p.chosen, p.rejected, p.margin) for p in found] == [
            (p.prompt, p.chosen, p.rejected, p.margin) for p in expected
        ]


def test_a_folder_of_shards_is_read_in_order(tmp_path, expected):
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / "train-00001-of-00002.jsonl").write_text(lines(ROWS[7:]))
    (folder / "train-00000-of-00002.jsonl").write_text(lines(ROWS[:7]))
    (folder / "README.md").write_text("about")
    assert [p.item for p in open_preferences(folder).pairs()] == [p.item for p in expected]


def test_a_folder_without_data_or_of_several_kinds_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="there is no preference data in it"):
        open_preferences(tmp_path)
    (tmp_path / "a.jsonl").write_text(lines(ROWS))
    (tmp_path / "b.csv").write_text("prompt,chosen,rejected\na,b,c\n")
    with pytest.raises(UserError, match=r"files of several kinds \(csv, jsonl\); name one file"):
        open_preferences(tmp_path)


def test_parquet_is_read_like_lines(tmp_path, expected):
    polars = pytest.importorskip("polars")
    polars.DataFrame(ROWS).write_parquet(tmp_path / "data.parquet")
    assert list(open_preferences(tmp_path / "data.parquet").pairs()) == expected


def test_a_damaged_parquet_file_is_a_clear_error(tmp_path):
    pytest.importorskip("polars")
    (tmp_path / "data.parquet").write_bytes(b"PAR1 this is none")
    with pytest.raises(UserError, match=r"data.parquet: cannot be read"):
        open_preferences(tmp_path / "data.parquet")


def test_a_saved_hugging_face_dataset_is_read_like_lines(tmp_path, expected):
    pytest.importorskip("polars")
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "saved"
    datasets.Dataset.from_list(ROWS).save_to_disk(folder, num_shards=3)
    found = list(open_preferences(folder).pairs())
    assert [(p.item, p.prompt, p.chosen, p.rejected, p.margin) for p in found] == [
        (p.item, p.prompt, p.chosen, p.rejected, p.margin) for p in expected
    ]


def test_a_dataset_of_arrow_files_by_hand_is_read_without_the_datasets_library(tmp_path, expected):
    polars = pytest.importorskip("polars")
    folder = tmp_path / "saved"
    folder.mkdir()
    names = ["data-00000-of-00002.arrow", "data-00001-of-00002.arrow"]
    polars.DataFrame(ROWS[:5]).write_ipc_stream(folder / names[0])
    polars.DataFrame(ROWS[5:]).write_ipc(folder / names[1])
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    (folder / "dataset_info.json").write_text("{}")
    assert [p.item for p in open_preferences(folder).pairs()] == [p.item for p in expected]
    (folder / names[1]).unlink()
    with pytest.raises(UserError, match=f"the dataset lacks {names[1]}"):
        open_preferences(folder)


def test_a_folder_of_splits_names_them(tmp_path):
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "state.json").write_text("{}")
    with pytest.raises(UserError, match="holds several splits: test, train; name the folder of one"):
        open_preferences(tmp_path)


def test_without_polars_parquet_names_the_extra(tmp_path, monkeypatch):
    import importlib.util

    (tmp_path / "data.parquet").write_bytes(b"PAR1")
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "polars" else real(name, *a))
    with pytest.raises(
        UserError, match=r"reading .parquet files needs Polars; pip install 'pytest-rlhfstress\[ledger\]'"
    ):
        open_preferences(tmp_path / "data.parquet")


def test_the_data_can_be_gone_through_twice(jsonl, expected):
    data = open_preferences(jsonl)
    assert list(data.pairs()) == list(data.pairs()) == expected
    assert data.problems.rows == len(ROWS)


def test_memory_does_not_grow_with_the_rows(tmp_path):
    script = (
        "import resource, sys\n"
        "from pytest_rlhfstress.preferences import open_preferences\n"
        "count = sum(1 for _ in open_preferences(sys.argv[1]).pairs())\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks = []
    for rows in (2_000, 60_000):
        file = tmp_path / f"{rows}.jsonl"
        file.write_text("".join(lines(ROWS) for _ in range(rows // len(ROWS))))
        ran = subprocess.run([sys.executable, "-c", script, file], capture_output=True, text=True, check=True)
        count, peak = map(int, ran.stdout.split())
        assert count == rows // len(ROWS) * len(ROWS)
        peaks.append(peak)
    assert peaks[1] < peaks[0] * 1.2
