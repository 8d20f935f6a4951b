"""Whatever a user gets wrong gives one message that names it and says what to write; nothing else is lost."""

from xml.etree import ElementTree

import pytest

USAGE_ERROR = 4


def run(pytester, *args):
    return pytester.runpytest_subprocess("--rlhf-suite=./bank", *args)


def only_message(result):
    """The usage error: one message, no traceback, before any test ran."""
    assert result.ret == USAGE_ERROR, result.stdout.str() + result.stderr.str()
    text = result.stderr.str() + result.stdout.str()
    assert "Traceback" not in text
    assert "test_bank_fraud.py ." not in text
    errors = [line for line in text.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1, text
    return errors[0]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--rlhf-suite=healthcar",), "there is no suite 'healthcar'; did you mean 'healthcare'?"),
        (("--rlhf-suite=./nowhere",), "there is no suite folder nowhere"),
        (("--rlhf-suite=.",), "no suite.yaml in it"),
        (("--rlhf-suite=healthcare", "--rlhf-cases=many"), "--rlhf-cases=many: write a whole number"),
        (("--rlhf-suite=healthcare", "--rlhf-cases=0"), "--rlhf-cases=0: write a number from 1"),
        (("--rlhf-suite=healthcare", "--rlhf-record-mode=onse"), "did you mean 'once'?"),
        (("--rlhf-suite=healthcare", "--rlhf-report=x.pdf"), "write a name ending in .html or .json"),
        (("--rlhf-suite=healthcare", "--rlhf-model=clinik"), "did you mean 'clinic'?"),
        (("--rlhf-suite=healthcare", "--rlhf-model=no_such_module:bot"), "no_such_module"),
        (("--rlhf-suite=healthcare", "--rlhf-model=json:dumpz"), "'dumpz'"),
        (("--rlhf-suite=healthcare", "--rlhf-reward=klinic"), "klinic"),
    ],
)
def test_a_wrong_option_is_a_usage_error(pytester, args, said):
    assert said in only_message(pytester.runpytest_subprocess(*args))


def replaced(old, new):
    def spoil(folder):
        file = folder / "suite.yaml"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")

    return spoil


def bytes_added(folder):
    (folder / "suite.yaml").write_bytes((folder / "suite.yaml").read_bytes() + b"\n# caf\xe9\n")


def bomb(folder):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with (folder / "suite.yaml").open("a") as file:
        file.write("\n".join(lines))


BALANCE = "account_help]"
SUITES = {
    "not UTF-8": (bytes_added, ["suite.yaml:", "not UTF-8"]),
    "YAML syntax": (replaced("  urgency:\n", "  urgency: [\n"), ["suite.yaml:", "not valid YAML"]),
    "alias bomb": (bomb, ["suite.yaml:", "unfolds to too many"]),
    "duplicate key": (replaced("  new_card:", "  balance:"), ["suite.yaml:", "'balance' stands here twice"]),
    "python tag": (replaced('version: "1"', "version: !!python/name:os.system"), ["suite.yaml:", "tag"]),
    "unknown key": (replaced('    says: ["What is', '    sayz: ["What is'), ["intents.balance.sayz", "mean 'says'"]),
    "missing key": (replaced('version: "1"\n', ""), ["'version' is a required property"]),
    "wrong type": (replaced("routine, fraud]", "no, fraud]"), ["facts.urgency.values[0]", "put it in quotes"]),
    "unknown include": (replaced("common/shifts", "common/shfits"), ["include[2]", "did you mean 'common/shifts'"]),
    "include outside": (replaced("common/shifts", "../../../etc/passwd"), ["include[2]", "outside the suite's folder"]),
    "unknown signal": (replaced(BALANCE, "acount_help]"), ["intents.balance.expects[0]", "mean 'account_help'"]),
    "unknown fact": (replaced("facts: {urgency: fraud}", "facts: {urgncy: fraud}"), ["did you mean 'urgency'"]),
    "unknown value": (replaced("facts: {urgency: fraud}", "facts: {urgency: frau}"), ["did you mean 'fraud'"]),
    "undefined name": (replaced("{{ locale.hotline }}.\"", "{{ locle.hotline }}.\""), ["system", "'locle' is"]),
    "undefined field": (replaced("{{ locale.hotline }}.\"", "{{ locale.hotlin }}.\""), ["system", "hotlin"]),
    "template syntax": (replaced("{{ locale.hotline }}.\"", "{{ locale.hotline .\""), ["system", "does not parse"]),
    "sandbox": (
        replaced("{{ locale.hotline }}.\"", "{{ ''.__class__.__mro__[1].__subclasses__() }}\""),
        ["system", "sandbox"],
    ),
    "pattern syntax": (replaced("'\\byour balance\\b'", "'(your balance'"), ["signals.account_help.rules[0].match[0]"]),
    "slow pattern": (replaced("'\\byour balance\\b'", "'^(?:(?:y|o)+|(?:yo)+)+$x?balance'"), ["signals.account_help"]),
    "example fails": (
        replaced('reply: "I have frozen your account.", shows: true', 'reply: "I will look into it.", shows: true'),
        ["signals.freeze.examples[0]", "I will look into it."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SUITES)
def test_a_broken_suite_is_one_usage_error_naming_file_and_field(pytester, bank, careful_bot, name):
    spoil, said = SUITES[name]
    spoil(bank)
    message = only_message(run(pytester, "--rlhf-model=bot:careful"))
    for fragment in said:
        assert fragment in message


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('cases("healthcare", urgency="emergncy")', "did you mean 'emergency'?"),
        ('cases("healthcare", urgancy="emergency")', "did you mean 'urgency'?"),
        ('cases("healthcare", duty="strok")', "did you mean 'stroke'?"),
        ('cases("healthcare", locale="UKK")', "did you mean 'UK'?"),
        ('cases("healthcare", family="biling + emergency")', "did you mean 'billing'?"),
        ('cases("helthcare")', "did you mean 'healthcare'?"),
    ],
)
def test_a_wrong_request_for_cases_is_a_usage_error_naming_the_line(pytester, call, said):
    pytester.makepyfile(
        test_mine=f"""
        from hypothesis import given
        from pytest_rlhfstress import cases

        @given(case={call})
        def test_mine(case, model_under_test):
            pass
        """
    )
    message = only_message(pytester.runpytest_subprocess())
    assert "test_mine.py:4: " in message
    assert said in message


MODELS = """
def raises(messages):
    raise RuntimeError("the backend is down")

def none(messages):
    return None

def data(messages):
    return b"bytes"

def number(messages):
    return 42

def empty(messages):
    return ""

def huge(messages):
    return "We will get back to you. " * 8000

def control(messages):
    return "\\x00\\x1b[31mred\\x07 \\ud800 \\u202e \\ufffe Your balance"
"""


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("raises", "RuntimeError: the backend is down"),
        ("none", "returned None"),
        ("data", "bytes"),
        ("number", "int"),
    ],
)
def test_a_model_that_misbehaves_gives_one_message_and_loses_no_other_spec(pytester, bank, model, said):
    pytester.makepyfile(awful=MODELS)
    pytester.syspathinsert()
    pytester.makepyfile(test_other="import pytest\n@pytest.mark.rlhf_suite('bank')\ndef test_other(): pass")
    result = run(pytester, f"--rlhf-model=awful:{model}", "--junitxml=out.xml")
    result.assert_outcomes(failed=2, passed=1)
    text = result.stdout.str()
    assert said in text
    assert f"awful:{model}" in text
    assert "pytest_rlhfstress/" not in text.replace("pytest_rlhfstress/shipped_suites", "")
    properties = [p.get("value") for p in ElementTree.parse(pytester.path / "out.xml").iter("property")]
    assert "INCONCLUSIVE" in properties


@pytest.mark.parametrize("model", ["empty", "huge", "control"])
def test_an_odd_reply_is_judged_and_leaves_the_reports_readable(pytester, bank, model):
    pytester.makepyfile(awful=MODELS)
    pytester.syspathinsert()
    result = run(pytester, f"--rlhf-model=awful:{model}", "--junitxml=out.xml")
    # A reply of nothing keeps no invariant; an odd one may.
    result.assert_outcomes(failed=2 if model == "empty" else 1, passed=0 if model == "empty" else 1)
    assert result.ret == 1
    assert "\x1b[31mred" not in result.stdout.str()
    assert len(result.stdout.str()) < 50_000
    assert len(list(ElementTree.parse(pytester.path / "out.xml").iter("testcase"))) == 2
