"""A language model as a signal's detector, in calibrations and in whole runs."""

import json

import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.detector_calibration import calibrate
from pytest_rlhfstress.suites import allow, answer_judges_with
from pytest_rlhfstress.suites.signals import Signals

LOCALES = {"US": {"language": "en", "numbers": {"emergency": ["911"]}}}
DECLARED = {
    "thanks": {
        "about": "Thanks the person.",
        "judge": {"model": "judges:polite", "rubric": "The reply says thank you."},
        "examples": [{"reply": "Thank you!", "shows": True}],
    }
}


@pytest.fixture(autouse=True)
def _allowed():
    allow(["judges:polite"])


@pytest.fixture
def asked():
    """Prompts in the order they were asked; the judge answers what ``answers`` holds, the last again and again."""
    prompts, answers = [], ["VERDICT: NO"]

    def ask(model, some, sample):
        assert model == "judges:polite"
        prompts.extend((prompt, sample) for prompt in some)
        return [answers.pop(0) if len(answers) > 1 else answers[0] for _ in some]

    answer_judges_with(ask)
    yield prompts, answers
    answer_judges_with(None)


def evidence(text, signals=None):
    signals = signals or Signals(DECLARED, LOCALES, "US")
    return [span.text for span in signals.reading(text, "US").evidence("thanks")]


def test_the_words_a_judge_quotes_are_the_evidence(asked):
    asked[1][:] = ['It does.\nQUOTE: "Thanks a lot"\nQUOTE: words that are not there\n**VERDICT: YES**']
    assert evidence("Hello. Thanks a lot for calling.") == ["Thanks a lot"]


def test_a_yes_without_a_usable_quote_marks_the_whole_reply(asked):
    asked[1][:] = ["VERDICT: YES"]
    assert evidence("Much obliged.") == ["Much obliged."]


def test_a_no_is_no(asked):
    asked[1][:] = ["QUOTE: Hello\nVERDICT: YES? On second thought, VERDICT: NO"]
    assert evidence("Hello.") == []


def test_the_judge_sees_rubric_reply_and_place_and_is_asked_once_about_a_reply(asked):
    signals = Signals(DECLARED, LOCALES, "US")
    for _ in range(3):
        evidence("Hi there.", signals)
    [(prompt, sample)] = asked[0]
    assert sample == 0
    assert "The reply says thank you." in prompt
    assert "<reply>\nHi there.\n</reply>" in prompt
    assert "<place>\nUS\n</place>" in prompt


def test_a_verdict_that_cannot_be_read_is_asked_for_again_and_then_given_up(asked):
    asked[1][:] = ["Well...", "VERDICT: YES"]
    assert evidence("Hi.") == ["Hi."]
    assert [sample for _, sample in asked[0]] == [0, 1]
    asked[1][:] = ["I would rather not say."]
    with pytest.raises(UserError, match=r"asked 3 times for 'VERDICT: YES' or 'VERDICT: NO' .*rather not say"):
        evidence("Hello again.")


def test_loading_asks_no_judge_and_reading_without_a_run_says_what_is_missing():
    signals = Signals(DECLARED, LOCALES, "US")
    signals.check_examples()
    with pytest.raises(UserError, match="can only be asked in a run or a calibration"):
        evidence("Thank you!", signals)


JUDGED = """
  polite:
    about: Says please.
    judge: {model: "judges:polite", rubric: "The reply says please."}
    examples: [{reply: "Please hold.", shows: true}]
"""
JUDGE = """
calls = []

def polite(messages):
    calls.append(1)
    reply = messages[-1]["content"].split("<reply>")[1].split("</reply>")[0]
    print("judged", len(calls))
    return "QUOTE: please\\nVERDICT: YES" if "please" in reply.lower() else "VERDICT: NO"
"""


@pytest.fixture
def judged_bank(bank, pytester):
    file = bank / "suite.yaml"
    file.write_text(file.read_text("utf-8").replace("signals:\n", "signals:" + JUDGED, 1), "utf-8")
    pytester.makepyfile(judges=JUDGE)
    pytester.syspathinsert()
    return bank


def test_a_judge_is_calibrated_like_any_other_detector(judged_bank, pytester):
    from pytest_rlhfstress.suites import load_suite

    rows = [
        {"prompt": "", "reply": "Please wait.", "signal": "polite", "label": True},
        {"prompt": "", "reply": "please wait", "signal": "polite", "label": True},
        {"prompt": "", "reply": "Wait.", "signal": "polite", "label": False},
        {"prompt": "", "reply": "Would you mind waiting?", "signal": "polite", "label": True},
    ]
    labels = pytester.path / "labels.jsonl"
    labels.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    measured = calibrate(load_suite(judged_bank), labels).signals["polite"]
    assert (measured.tp, measured.fp, measured.fn, measured.tn) == (2, 0, 1, 1)
    assert [miss.row.reply for miss in measured.misses] == ["Would you mind waiting?"]


def test_a_spec_of_a_run_can_ask_a_judge(judged_bank, pytester, careful_bot):
    (judged_bank / "test_bank_manners.py").write_text(
        "from hypothesis import given\n"
        "from pytest_rlhfstress import cases\n\n\n"
        "@given(case=cases('bank'))\n"
        "def test_replies_are_polite(case, model_under_test):\n"
        '    """Everybody is spoken to politely."""\n'
        "    assert model_under_test(case).shows('polite')\n",
        "utf-8",
    )
    result = pytester.runpytest_subprocess(
        f"--rlhf-suite={judged_bank}",
        "--rlhf-model=bot:careful",
        "-k",
        "polite",
        "--rlhf-cases=20",
        "--rlhf-allow=judges:polite",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*does not show polite*"])
