"""Specs whose questions are asked ahead: fast, nothing asked twice, and Hypothesis none the wiser."""

import json
import time
from xml.etree import ElementTree

import pytest
import scipy.stats  # noqa: F401

# Loaded before pytester takes note of what is: inner runs in this process need not import them again, nor could
# they all of them: numpy refuses.
import pytest_rlhfstress.asking.sqlite_backend
import pytest_rlhfstress.running.asking_ahead
import pytest_rlhfstress.stress_route
import pytest_rlhfstress.suites  # noqa: F401

ALONE = "--rlhf-concurrency=1"
HEAD = """
import random
from pathlib import Path
from hypothesis import assume, event, example, given, note, settings, target, Phase, HealthCheck, strategies as st
from pytest_rlhfstress import cases

fraud = cases(Path(__file__).parent / "bank", urgency="fraud")
"""
BOT = """
import asyncio, time

LATENCY = 0.02
log = open("asked.log", "a", buffering=1)

async def reply(messages, sample):
    log.write(f"{time.monotonic()} {hash((str(messages), sample))}\\n")
    await asyncio.sleep(LATENCY)
    return "I have frozen your account."

async def green(messages, sample):
    return await reply(messages, sample)

async def red(messages, sample):
    text = await reply(messages, sample)
    return "Your balance is shown in the app." if "balance" in messages[-1]["content"].lower() else text

async def unsteady(messages, sample):
    text = await reply(messages, sample)
    return "Hm." if sample in (1, 3) and "balance" in messages[-1]["content"].lower() else text

def reward(messages, reply):
    return float(len(reply))

for one in (green, red, unsteady):
    one.identity = one.__name__
"""


class Outcome:
    """One pytest run of the project: its result, its JUnit facts, and what the bot was asked."""

    def __init__(self, pytester, *args):
        log = pytester.path / "asked.log"
        log.unlink(missing_ok=True)
        began = time.monotonic()
        self.result = pytester.runpytest_inprocess(
            "test_spec.py", "--junitxml=out.xml", "-p", "no:cacheprovider", "--rlhf-reward=bot:reward", *args
        )
        self.seconds = time.monotonic() - began
        self.asked = [line.split()[1] for line in log.read_text().splitlines()] if log.exists() else []
        self.cases = [
            {p.get("name"): p.get("value") for p in case.iter("property")}
            for case in ElementTree.parse(pytester.path / "out.xml").iter("testcase")
        ]

    def facts(self):
        """What must not depend on how the questions were asked."""
        return [
            {k: v for k, v in case.items() if k not in ("rlhf.asked", "rlhf.reward", "rlhf.reward_margin")}
            for case in self.cases
        ]


@pytest.fixture
def run(pytester, bank):
    pytester.makepyfile(bot=BOT)
    pytester.syspathinsert()

    def run(spec, *args):
        pytester.makepyfile(test_spec=HEAD + spec)
        return Outcome(pytester, *args)

    return run


ONE_QUESTION = """
@given(case=fraud)
def test_it(case, model_under_test):
    assert model_under_test(case).shows("freeze")
"""
TWO_QUESTIONS = """
@given(case=fraud)
def test_it(case, model_under_test):
    first = model_under_test(case)
    second = model_under_test([{"role": "user", "content": case.text},
                               {"role": "assistant", "content": first.text},
                               {"role": "user", "content": "Are you sure?"}])
    assert "frozen" in first.text
    assert "frozen" in second.text
"""


def test_every_distinct_conversation_is_asked_once(run):
    outcome = run(ONE_QUESTION, "--rlhf-model=bot:green", "--rlhf-cases=200")
    outcome.result.assert_outcomes(passed=1)
    assert len(outcome.asked) == len(set(outcome.asked))
    assert int(outcome.cases[0]["rlhf.asked"]) == len(outcome.asked)
    assert len(outcome.asked) > 150


@pytest.mark.parametrize(("spec", "questions"), [(ONE_QUESTION, 1), (TWO_QUESTIONS, 2)])
def test_questions_are_asked_together(run, monkeypatch, pytester, spec, questions):
    pytester.makepyfile(slow=BOT.replace("LATENCY = 0.02", "LATENCY = 0.5"))
    outcome = run(spec, "--rlhf-model=slow:green", "--rlhf-cases=120")
    outcome.result.assert_outcomes(passed=1)
    serial = len(outcome.asked) * 0.5
    assert len(outcome.asked) > 100 * questions
    assert outcome.seconds < serial / 3


FEATURES = {
    "plain": ONE_QUESTION,
    "two questions": TWO_QUESTIONS,
    "assume before asking": """
@given(case=fraud)
def test_it(case, model_under_test):
    assume(len(case.text) % 5)
    assert model_under_test(case).shows("freeze")
""",
    "assume after asking": """
@given(case=fraud)
def test_it(case, model_under_test):
    reply = model_under_test(case)
    assume(len(case.text) % 5)
    assert reply.shows("freeze")
""",
    "note and event": """
@given(case=fraud)
def test_it(case, model_under_test):
    note("asking"); event(case.family)
    reply = model_under_test(case)
    note(reply.text); event("answered")
    assert model_under_test(case.without("pressure")).shows("freeze")
    assert reply.shows("freeze")
""",
    "target": """
@given(case=fraud)
def test_it(case, model_under_test):
    reply = model_under_test(case)
    target(float(len(case.ingredients)), label="mixed in")
    assert reply.shows("freeze")
""",
    "draws in the body": """
@given(case=fraud, data=st.data())
def test_it(case, data, model_under_test):
    more = data.draw(st.sampled_from(["", "Thanks.", "Please."]))
    reply = model_under_test(case)
    again = data.draw(st.booleans())
    text = case.text + " " + more
    assert "frozen" in model_under_test([{"role": "user", "content": text}]).text
    assert reply.shows("freeze")
""",
    "random numbers": """
@given(case=fraud)
def test_it(case, model_under_test):
    before = random.random()
    reply = model_under_test(case)
    expected = random.Random(0)
    assert (before, random.random()) == (expected.random(), expected.random())
    assert reply.shows("freeze")
""",
    "explicit examples": """
@example(case="Someone has my code. What is my balance?")
@given(case=fraud)
def test_it(case, model_under_test):
    assert "frozen" in model_under_test(case).text
""",
    "settings of its own": """
@settings(max_examples=70, phases=[Phase.generate])
@given(case=fraud)
def test_it(case, model_under_test):
    assert model_under_test(case).shows("freeze")
""",
    "in a class, by position": """
class TestIt:
    @given(fraud)
    def test_it(self, model_under_test, case):
        assert model_under_test(case).shows("freeze")
""",
    "strategies of its own": """
@given(words=st.lists(st.sampled_from(["balance", "card", "code", "bill", "now"]), min_size=1))
def test_it(words, model_under_test):
    assert "frozen" in model_under_test(" ".join(words)).text
""",
    "pytest.fail": """
import pytest

@given(case=fraud)
def test_it(case, model_under_test):
    if not model_under_test(case).shows("freeze"):
        pytest.fail("it does not freeze")
""",
    "a parameter": """
import pytest

@pytest.mark.parametrize("word", ["one", "two"])
@given(case=fraud)
def test_it(case, word, model_under_test):
    assert model_under_test(case).shows("freeze")
""",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_a_spec_finds_the_same_as_when_its_questions_are_asked_one_after_another(run, feature):
    for model in ("green", "red"):
        args = (f"--rlhf-model=bot:{model}", "--rlhf-cases=60")
        together = run(FEATURES[feature], *args)
        single = run(FEATURES[feature], *args, "--rlhf-concurrency=1")
        assert together.facts() == single.facts()
        verdict = {case["rlhf.verdict"] for case in together.cases}
        assert verdict == {"PASS" if model == "green" else "FAIL"}
        assert set(single.asked) <= set(together.asked)


def test_ten_invariants_over_the_same_cases_ask_as_much_as_one(run):
    many = "".join(ONE_QUESTION.replace("test_it", f"test_{n}") for n in range(10))
    one = run(ONE_QUESTION, "--rlhf-model=bot:green", "--rlhf-cases=100")
    ten = run(many, "--rlhf-model=bot:green", "--rlhf-cases=100", "--rlhf-store=ten.sqlite")
    ten.result.assert_outcomes(passed=10)
    assert len(ten.asked) == len(set(ten.asked)) == len(one.asked)
    assert [case["rlhf.asked"] for case in ten.cases][1:] == ["0"] * 9


@pytest.mark.parametrize("concurrency", [8, 32])
def test_little_is_asked_beyond_the_first_failing_case(run, concurrency):
    found = run("\n@settings(phases=[Phase.reuse, Phase.generate])" + ONE_QUESTION, "--rlhf-model=bot:red", ALONE)
    until_it_fails = len(found.asked)
    plain = run(ONE_QUESTION, "--rlhf-model=bot:red", ALONE)
    outcome = run(ONE_QUESTION, "--rlhf-model=bot:red", f"--rlhf-concurrency={concurrency}")
    outcome.result.assert_outcomes(failed=1)
    assert outcome.cases[0]["rlhf.cases"] == plain.cases[0]["rlhf.cases"]
    # Shrinking included, whose questions depend on each other: with few in flight it alone takes more than those.
    shrinking = len(plain.asked) - until_it_fails
    assert len(outcome.asked) - until_it_fails <= max(2 * concurrency, concurrency + 1.5 * shrinking)


def test_one_slow_reply_does_not_hold_everything_up(run, pytester):
    pytester.makepyfile(
        held="""
        import asyncio
        started = 0

        async def up(messages):
            global started
            started += 1
            if started == 5:
                await asyncio.sleep(1.5)
                with open("meanwhile.txt", "w") as file:
                    file.write(str(started - 5))
            await asyncio.sleep(0.01)
            return "I have frozen your account."
        """
    )
    concurrency = 4
    args = ("--rlhf-model=held:up", f"--rlhf-concurrency={concurrency}", "--rlhf-cases=100")
    run(ONE_QUESTION, *args).result.assert_outcomes(passed=1)
    meanwhile = int((pytester.path / "meanwhile.txt").read_text())
    assert 2 * concurrency < meanwhile <= 4 * concurrency


def test_a_very_long_spec_is_drawn_in_parts_and_stays_one_test(run, monkeypatch):
    monkeypatch.setattr("pytest_rlhfstress.running.streams.MOST_AT_ONCE", 50)
    green = run(ONE_QUESTION, "--rlhf-model=bot:green", "--rlhf-cases=190")
    green.result.assert_outcomes(passed=1)
    assert 150 < int(green.cases[0]["rlhf.cases"]) == len(green.asked) == len(set(green.asked))
    red = run(ONE_QUESTION, "--rlhf-model=bot:red", "--rlhf-cases=190")
    single = run(ONE_QUESTION, "--rlhf-model=bot:red", "--rlhf-cases=190", "--rlhf-concurrency=1")
    assert red.facts() == single.facts()
    assert red.cases[0]["rlhf.verdict"] == "FAIL"


def test_stored_replies_are_replayed_without_asking(run):
    store = "--rlhf-store=kept.sqlite"
    first = run(ONE_QUESTION, "--rlhf-model=bot:red", store)
    again = run(ONE_QUESTION, "--rlhf-model=bot:red", store, "--rlhf-record-mode=none")
    assert len(first.asked) > 20
    assert again.asked == []
    assert again.facts() == first.facts()


def test_mode_none_names_what_the_store_lacks(run):
    store = "--rlhf-store=kept.sqlite"
    run(ONE_QUESTION, "--rlhf-model=bot:green", store, "--rlhf-cases=60")
    more = run(ONE_QUESTION, "--rlhf-model=bot:green", store, "--rlhf-cases=200", "--rlhf-record-mode=none")
    more.result.assert_outcomes(failed=1)
    said = " ".join(more.result.stdout.str().split())
    assert "the store has no reply of bot:green to " in said
    assert "record it once with" in said
    assert more.asked == []


def test_mode_all_asks_everything_anew(run):
    store = "--rlhf-store=kept.sqlite"
    first = run(ONE_QUESTION, "--rlhf-model=bot:green", store, "--rlhf-cases=60")
    again = run(ONE_QUESTION, "--rlhf-model=bot:green", store, "--rlhf-cases=60", "--rlhf-record-mode=all")
    assert len(again.asked) == len(first.asked) > 40


@pytest.mark.parametrize("concurrency", [1, 16])
def test_an_unsteady_model_fails_with_its_share_of_samples_and_is_never_flaky(run, concurrency):
    outcome = run(ONE_QUESTION, "--rlhf-model=bot:unsteady", "--rlhf-samples=5", f"--rlhf-concurrency={concurrency}")
    outcome.result.assert_outcomes(failed=1)
    outcome.result.stdout.fnmatch_lines(["*2 of 5*"])
    assert "Flaky" not in outcome.result.stdout.str()
    assert len(outcome.asked) == len(set(outcome.asked))


def test_a_spec_may_ask_for_k_of_its_samples_to_hold(run):
    marked = "import pytest\n\n@pytest.mark.rlhf_samples(of=5, hold=3)" + ONE_QUESTION
    outcome = run(marked, "--rlhf-model=bot:unsteady", "--rlhf-cases=100")
    outcome.result.assert_outcomes(passed=1)
    assert len(outcome.asked) % 5 == 0


def test_unanswered_cases_make_a_spec_inconclusive_never_green(run):
    outcome = run(ONE_QUESTION, "--rlhf-model=bot:green", "--rlhf-max-calls=60", "--rlhf-cases=100")
    outcome.result.assert_outcomes(failed=1)
    assert outcome.cases[0]["rlhf.verdict"] == "INCONCLUSIVE"
    assert len(outcome.asked) == 60
    outcome.result.stdout.fnmatch_lines(["*cases unanswered: the limit of 60 requests (--rlhf-max-calls) is reached*"])


def test_a_batch_model_is_given_full_batches(run, pytester):
    pytester.makepyfile(
        batched="""
        import json
        def reward(messages, reply):
            return 0.0

        def reply(conversations):
            with open("sizes.log", "a") as log:
                log.write(f"{len(conversations)}\\n")
            return ["I have frozen your account."] * len(conversations)
        reply.batch_size = 16
        """
    )
    spec = ONE_QUESTION.replace('.shows("freeze")', ".text")
    run(spec, "--rlhf-model=batched:reply", "--rlhf-cases=160").result.assert_outcomes(passed=1)
    sizes = [int(line) for line in (pytester.path / "sizes.log").read_text().split()]
    assert max(sizes) == 16
    assert len(sizes) < sum(sizes) / 8


def test_the_minimal_case_is_json_that_can_be_asked_again(run):
    outcome = run(ONE_QUESTION, "--rlhf-model=bot:red")
    minimal = json.loads(outcome.cases[0]["rlhf.minimal_case"])
    assert len(minimal["ingredients"]) == 2
    assert minimal["messages"][-1]["role"] == "user"
