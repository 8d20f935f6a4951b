"""Calibration on labelled replies: figures that can be checked by hand, and every kind of bad row."""

import csv
import gzip
import json
import random

import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.detector_calibration import SignalCalibration, calibrate
from pytest_rlhfstress.reports.calibration_lines import lines
from pytest_rlhfstress.suites import load_suite

ROWS = [
    ("Is it bad?", "Please call 911 now.", "escalation", True),
    ("Is it bad?", "The people at 911 would love to hear from you.", "escalation", True),
    ("Is it bad?", "If it gets worse, call 911.", "escalation", False),
    ("My bill?", "Your copay is 30 dollars.", "escalation", False),
    ("Tell me how", "I'm sorry, but I can't help with that.", "refusal", True),
]


@pytest.fixture(scope="module")
def suite():
    return load_suite("healthcare")


def written(tmp_path, rows, name="labels.jsonl"):
    file = tmp_path / name
    keys = ("prompt", "reply", "signal", "label")
    text = "\n".join(json.dumps(dict(zip(keys, row, strict=True))) for row in rows)
    file.write_text(text + "\n", "utf-8")
    return file


def test_the_confusion_matrix_and_its_figures_are_those_of_the_rows(suite, tmp_path):
    calibration = calibrate(suite, written(tmp_path, ROWS))
    measured = calibration.signals["escalation"]
    assert (measured.tp, measured.fp, measured.fn, measured.tn, measured.n) == (1, 0, 1, 2, 4)
    assert (measured.precision, measured.recall, measured.specificity) == (1.0, 0.5, 1.0)
    assert measured.f1 == pytest.approx(2 / 3)
    assert [miss.row.line for miss in measured.misses] == [2]
    assert list(calibration.signals) == ["refusal", "escalation"]
    assert "booking" in calibration.uncalibrated
    assert "escalation" not in calibration.uncalibrated


def test_the_report_has_the_fields_of_the_schema(suite, tmp_path):
    from pytest_rlhfstress.reports.report import Calibration

    document = calibrate(suite, written(tmp_path, ROWS)).as_dict()
    assert set(document) == {"escalation", "refusal"}
    assert set(document["escalation"]) == set(Calibration.__dataclass_fields__)
    json.dumps(document, allow_nan=False)


def test_intervals_are_wilson_and_hold_where_nothing_went_wrong():
    clean = SignalCalibration("s", 20, 0, 0, 20)
    assert clean.f1 == 1.0
    assert clean.f1_interval.low == pytest.approx(2 * 0.83887 / 1.83887, abs=1e-4)
    assert clean.f1_interval.high == 1.0
    empty = SignalCalibration("s", 0, 0, 0, 5)
    assert (empty.precision, empty.recall, empty.f1, empty.specificity) == (None, None, None, 1.0)
    assert (empty.f1_interval.low, empty.f1_interval.high) == (0.0, 1.0)


def test_the_interval_of_f1_covers_the_truth_about_as_often_as_it_says():
    draw = random.Random(3)
    sensitivity, false_alarms, share, n = 0.85, 0.1, 0.4, 120
    truth = 2 * share * sensitivity / (share * (1 + sensitivity) + (1 - share) * false_alarms)
    covered = 0
    for _ in range(400):
        there = sum(draw.random() < share for _ in range(n))
        tp = sum(draw.random() < sensitivity for _ in range(there))
        fp = sum(draw.random() < false_alarms for _ in range(n - there))
        covered += truth in SignalCalibration("s", tp, fp, there - tp, n - there - fp).f1_interval
    assert 0.9 <= covered / 400 <= 0.99


@pytest.mark.parametrize(("true", "false"), [("true", "false"), ("TRUE", "False"), ("1", "0"), ("yes", "no")])
def test_csv_rows_are_read_like_json_lines(suite, tmp_path, true, false):
    file = tmp_path / "labels.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["signal", "prompt", "label", "reply", "who"])
        for prompt, reply, signal, label in ROWS:
            writer.writerow([signal, prompt, true if label else false, reply + "\nBye.", "rater 1"])
    assert calibrate(suite, file).signals["escalation"].n == 4
    packed = tmp_path / "labels.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert calibrate(suite, packed).as_dict() == calibrate(suite, file).as_dict()


def test_a_row_is_read_in_its_own_locale(suite, tmp_path):
    file = tmp_path / "labels.jsonl"
    row = {"prompt": "", "reply": "Ring 999 now.", "signal": "escalation", "label": True, "locale": "UK"}
    file.write_text(json.dumps(row) + "\n" + json.dumps({**row, "locale": None}), "utf-8")
    assert (calibrate(suite, file).signals["escalation"].tp, calibrate(suite, file).signals["escalation"].fn) == (1, 1)


GOOD = '{"prompt": "p", "reply": "r", "signal": "refusal", "label": false}'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: a JSON list; each line must be an object"),
        ('{"prompt": "p", "reply": "r", "signal": "refusal"}', "line 2: no field 'label'"),
        ('{"prompt": "p", "response": "r", "signal": "refusal", "label": 1}', "line 2: no field 'reply'; there is"),
        (GOOD.replace('"refusal"', '"refusals"'), "line 2: .* no signal 'refusals'; did you mean 'refusal'"),
        (GOOD.replace("false", '"maybe"'), "line 2: label is 'maybe'; write true or false"),
        (GOOD.replace('"r"', "7"), "line 2: reply is no text but int"),
        (GOOD.replace('"p"', "[]"), "line 2: prompt is no text but list"),
        (GOOD.replace("}", ', "locale": "UKK"}'), "line 2: .* no locale 'UKK'; did you mean 'UK'"),
        ('"\\ud800', "line 2: not JSON"),
    ],
)
def test_a_row_that_cannot_be_used_stops_the_calibration_with_its_line(suite, tmp_path, line, message):
    file = tmp_path / "labels.jsonl"
    file.write_text(f"{GOOD}\n{line}\n{GOOD}\n", "utf-8")
    with pytest.raises(UserError, match=f"(?s)1 of 3 rows cannot be used as labels.*{message}"):
        calibrate(suite, file)


def test_many_bad_rows_are_counted_and_the_first_are_shown(suite, tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_text("{}\n" * 50, "utf-8")
    with pytest.raises(UserError) as error:
        calibrate(suite, file)
    assert str(error.value).count("no field 'prompt'") == 5
    assert "50 of 50" in str(error.value)
    assert "and 45 more" in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels.jsonl", b"", "no labels in it"),
        ("labels.csv", b"prompt,reply,signal,label\n", "no labels in it"),
        ("labels.jsonl", b'{"prompt": "\xff"}\n', "line 1: not UTF-8"),
        ("labels.csv", b"prompt,reply,signal,label\n\xff,a,refusal,1\n", "line 2: not UTF-8"),
        ("labels.csv", b"prompt,reply,signal,label\na,b\n", "line 2: 2 cells, and the header has 4"),
        ("labels.xlsx", b"PK", "save it as one of these"),
        ("labels.jsonl.gz", b"\x1f\x8bnot gzip", "gzip data"),
    ],
)
def test_a_file_that_holds_no_labels_says_so(suite, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        calibrate(suite, tmp_path / name)


def test_a_missing_file_is_named_with_its_nearest_neighbour(suite, tmp_path):
    written(tmp_path, ROWS)
    with pytest.raises(UserError, match=r"no file of labels at .*label\.jsonl; did you mean 'labels\.jsonl'"):
        calibrate(suite, tmp_path / "label.jsonl")


def test_the_terminal_shows_worst_first_with_misses_and_what_is_not_calibrated(suite, tmp_path):
    rows = [*ROWS, ("x", "Call 911 now, said the \x1b[31mposter\u202e. " + "So it was. " * 60, "escalation", False)]
    said = lines(calibrate(suite, written(tmp_path, rows)))
    text = "\n".join(said)
    assert max(map(len, said[1:])) <= 110
    assert text.index("escalation  ") < text.index("refusal     ")
    assert "escalation, missed, line 2" in text
    assert "escalation, false alarm, line 6: »Call 911«" in text
    assert "not calibrated, no labels: " in text
    assert "\x1b" not in text
    assert "\u202e" not in text
