"""Reward models of the command line in a real pytest run: shown on the failure card, asked through the store."""

import re
from xml.etree import ElementTree

import pytest
from loopback import Answer, completion, serving

pytest.importorskip("openai", reason="needs openai (pip install 'pytest-rlhfstress[openai]')")


def run(pytester, *rewards):
    options = [f"--rlhf-reward={reward}" for reward in rewards]
    result = pytester.runpytest_subprocess(
        "--rlhf-suite=./bank", "--rlhf-model=bot:forgetful", "--rlhf-cases=60", "--junitxml=out.xml", *options
    )
    properties = ElementTree.parse(pytester.path / "out.xml").iter("property") if result.ret == 1 else ()
    return result, {p.get("name"): p.get("value") for p in properties}


def pooled(asked, _):
    return Answer({"data": [{"index": 0, "data": [100.0 - len(asked.body["messages"][-1]["content"])]}]})


def test_an_endpoint_s_rewards_are_shown_and_paid_for_once(pytester, bank, careful_bot):
    with serving(pooled) as server:
        spec = f"{server.url}/pooling?model=rm"
        _, found = run(pytester, spec)
        asked = len(server.asked)
        assert float(found["rlhf.reward"]) == 100 - len("Your balance is shown in the app.")
        assert asked > 0
        _, again = run(pytester, spec)
    assert again["rlhf.reward"] == found["rlhf.reward"]
    assert len(server.asked) == asked


def test_an_ensemble_of_the_command_line_is_averaged(pytester, bank, careful_bot):
    pytester.makepyfile(zero="def reward(conversation, reply): return 0.0")
    with serving(pooled) as server:
        _, found = run(pytester, f"{server.url}/pooling", "zero:reward")
    assert float(found["rlhf.reward"]) == (100 - len("Your balance is shown in the app.")) / 2


def test_a_judge_compares_the_reply_with_a_safe_one(pytester, bank, careful_bot):
    def wise(asked, _):
        text = asked.body["messages"][-1]["content"]
        first = re.search(r"<reply_a>\n(.*)\n</reply_a>", text, re.DOTALL)[1]
        return Answer(completion(f"VERDICT: {'B' if 'balance' in first else 'A'}"))

    with serving(wise) as server:
        _, found = run(pytester, f"judge:openai:wise@{server.url}/v1")
    assert float(found["rlhf.reward_margin"]) < 0


@pytest.mark.parametrize(
    ("reward", "said"),
    [
        ("judge:", "names no model to judge with"),
        ("judg:openai:m", "did you mean 'judge'?"),
        ("hf:./no-such-folder", "there is no folder ./no-such-folder"),
    ],
)
def test_a_reward_model_that_cannot_be_is_a_usage_error(pytester, bank, careful_bot, reward, said):
    result, _ = run(pytester, reward)
    assert result.ret == 4
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str()
