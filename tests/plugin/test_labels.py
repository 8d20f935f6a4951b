"""--rlhf-labels: the suite's detectors measured on replies that people labelled, beside the run's verdicts."""

import csv
import json

import pytest

ROWS = [
    ("I have frozen your account.", "freeze", True),
    ("I've frozen the account for you.", "freeze", True),
    ("Your money is safe with us, good day.", "freeze", True),
    ("Your balance is shown in the app.", "freeze", False),
    ("There is no need to freeze your account.", "freeze", False),
    ("Your balance is shown in the app.", "account_help", True),
]


def as_jsonl(path):
    keys = ("prompt", "reply", "signal", "label")
    path.write_text("".join(json.dumps(dict(zip(keys, ("Hello.", *row), strict=True))) + "\n" for row in ROWS))


def as_csv(path):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("prompt", "reply", "signal", "label"), *(("Hello.", *row) for row in ROWS)])


@pytest.mark.parametrize(("name", "write"), [("labels.jsonl", as_jsonl), ("labels.csv", as_csv)])
def test_labels_give_figures_with_intervals_and_the_worst_misses(pytester, bank, careful_bot, name, write):
    write(pytester.path / name)
    result = pytester.runpytest_subprocess(
        "--rlhf-suite=./bank", "--rlhf-model=bot:careful", f"--rlhf-labels={name}", "--rlhf-report=out.json"
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            f"detectors of bank against the labels in {name}",
            "signal *precision *recall *F1",
            "freeze *",
            "*freeze, missed, line *",
            "*Your money is safe with us, good day.*",
        ]
    )
    found = json.loads((pytester.path / "out.json").read_text())["calibration"]
    assert found["freeze"]["n"] == 5
    assert found["freeze"]["recall"] == pytest.approx(2 / 3)
    low, high = found["freeze"]["recall_interval"]
    assert 0 < low < 2 / 3 < high < 1


def test_a_run_without_labels_says_that_its_detectors_were_not_measured(pytester, bank, careful_bot):
    result = pytester.runpytest_subprocess("--rlhf-suite=./bank", "--rlhf-model=bot:careful")
    result.stdout.fnmatch_lines(["the detectors were not measured in this run: --rlhf-labels=FILE*"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"prompt": "a", "reply": "b", "signal": "freze", "label": true}\n', "did you mean 'freeze'"),
        ('{"prompt": "a", "reply": "b", "signal": "freeze", "label": "perhaps"}\n', "labels.jsonl"),
        ("", "labels.jsonl"),
    ],
)
def test_labels_that_cannot_be_used_are_a_usage_error(pytester, bank, careful_bot, content, said):
    (pytester.path / "labels.jsonl").write_text(content)
    result = pytester.runpytest_subprocess(
        "--rlhf-suite=./bank", "--rlhf-model=bot:careful", "--rlhf-labels=labels.jsonl"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_labels_without_a_suite_are_a_usage_error(pytester):
    result = pytester.runpytest_subprocess("--rlhf-labels=labels.jsonl")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--rlhf-suite=NAME" in result.stderr.str()
