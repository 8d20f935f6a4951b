"""The JSON report: valid by its schema, read back as what was written, and honest about the whole run."""

import json
import math
import stat
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator
from report_samples import COUNTEREXAMPLE, FACTS, FAILING, PASSING, REPORT, UNCLEAR, report_of

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.detector_calibration import SignalCalibration
from pytest_rlhfstress.reports.comparison import compare
from pytest_rlhfstress.reports.files import write_atomically
from pytest_rlhfstress.reports.html.page import as_html
from pytest_rlhfstress.reports.json_report import as_document, as_json, check, read_report, schema
from pytest_rlhfstress.reports.report import Broken, Report, calibration_of


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(schema())


def test_a_report_is_valid_by_the_published_schema():
    document = json.loads(as_json(REPORT))
    Draft202012Validator(schema()).validate(document)
    assert document["verdict"] == "FAIL"
    assert document["worst_slice"] == {
        "nodeid": FAILING.nodeid,
        "family": "billing + emergency",
        "cases": 40,
        "failing": 31,
    }
    assert document["calibration"]["escalation"]["recall_interval"] == [0.82, 0.95]


def test_every_field_of_the_values_is_in_the_schema():
    definitions = schema()["$defs"]
    document = json.loads(as_json(REPORT))
    failing = next(f for f in document["findings"] if f["verdict"] == "FAIL")
    assert definitions["finding"]["properties"].keys() == failing.keys()
    assert definitions["counterexample"]["properties"].keys() == failing["counterexample"].keys()
    assert definitions["run"]["properties"].keys() == document["run"].keys()


def test_a_report_is_read_back_as_it_was_written(tmp_path):
    (tmp_path / "r.json").write_text(as_json(REPORT))
    assert read_report(tmp_path / "r.json") == REPORT


def test_the_comparison_with_a_baseline_is_listed_by_kind_of_change():
    compared = replace(REPORT, comparison=compare("2026-11-01T00:00:00Z", (PASSING,), REPORT.findings))
    document = json.loads(as_json(compared))
    check(document, "report")
    assert document["baseline"]["newly_failing"] == [FAILING.nodeid]
    assert document["baseline"]["fixed"] == []


def test_a_reward_that_is_no_number_is_null():
    case = replace(COUNTEREXAMPLE, reward=math.nan, reward_margin=math.inf)
    document = json.loads(as_json(report_of(replace(FAILING, counterexample=case))), parse_constant=pytest.fail)
    check(document, "report")
    assert document["findings"][0]["counterexample"]["reward"] is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d.update(format="other"), "not a report"),
        (lambda d: d.update(version=2), "version 2; this release reads version 1"),
        (lambda d: d.pop("run"), "'run' is a required property"),
        (lambda d: d["findings"][0].update(verdict="GOOD"), "$.findings[0].verdict: 'GOOD' is not one of"),
        (lambda d: d["findings"][0].update(extra=1), "$.findings[0]: Additional properties"),
        (lambda d: d["findings"][1]["counterexample"].update(reward="much"), "$.findings[1].counterexample"),
    ],
)
def test_what_is_no_report_is_named_with_the_place(tmp_path, spoil, said):
    document = json.loads(as_json(REPORT))
    spoil(document)
    (tmp_path / "r.json").write_text(json.dumps(document))
    with pytest.raises(UserError) as error:
        read_report(tmp_path / "r.json")
    assert str(tmp_path / "r.json") in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["", "[1,", "[]", "null", '"x"', "[" * 100_000, "\ufeff{}"])
def test_what_is_no_json_object_is_one_error(tmp_path, text):
    (tmp_path / "r.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"r\.json"):
        read_report(tmp_path / "r.json")


@pytest.mark.parametrize("make", [lambda p: p.write_bytes(b"\xff\xfe\x00"), lambda p: p.mkdir(), lambda p: None])
def test_what_cannot_be_read_is_one_error(tmp_path, make):
    make(tmp_path / "r.json")
    with pytest.raises(UserError, match=r"r\.json"):
        read_report(tmp_path / "r.json")


def test_a_report_is_written_for_its_owner_only_and_leaves_nothing_else(tmp_path):
    write_atomically(tmp_path / "deep" / "r.json", "new")
    assert stat.S_IMODE((tmp_path / "deep" / "r.json").stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["r.json"]


def test_a_report_that_cannot_be_written_leaves_the_former_one(tmp_path):
    path = tmp_path / "r.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (report_of(PASSING), "PASS"),
        (report_of(PASSING, UNCLEAR), "INCONCLUSIVE"),
        (report_of(PASSING, FAILING, UNCLEAR), "FAIL"),
        (report_of(), "INCONCLUSIVE"),
        (report_of(PASSING, complete=False), "INCONCLUSIVE"),
        (Report(FACTS, (PASSING,), broken=(Broken("t::x", "ImportError"),)), "INCONCLUSIVE"),
    ],
)
def test_the_verdict_is_no_pass_unless_all_was_judged_and_held(report, verdict):
    assert as_document(report)["verdict"] == verdict


def test_a_signal_that_was_never_there_has_no_recall(tmp_path):
    never = calibration_of(SignalCalibration("refusal", tp=0, fp=3, fn=0, tn=40))
    written = as_json(replace(REPORT, calibration={"refusal": never}))
    check(json.loads(written), "report")
    assert json.loads(written)["calibration"]["refusal"]["recall"] is None
    (tmp_path / "r.json").write_text(written)
    assert read_report(tmp_path / "r.json").calibration == {"refusal": never}
    assert '<td class="n">–</td>' in as_html(replace(REPORT, calibration={"refusal": never}))
