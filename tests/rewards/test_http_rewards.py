"""Reward models behind HTTP endpoints of vLLM's shapes, on loopback."""

import threading
import time

import pytest
from loopback import Answer, serving

from pytest_rlhfstress import UserError
from pytest_rlhfstress.rewards import load_reward

pytest.importorskip("openai", reason="needs openai (pip install 'pytest-rlhfstress[openai]')")

ASKED = [{"role": "system", "content": "You help."}, {"role": "user", "content": "Is it urgent?"}]
ITEMS = [(ASKED, "x" * n) for n in range(40)]


def pooled(row):
    return {"object": "list", "model": "rm", "data": [{"index": 0, "object": "pooling", "data": row}], "usage": {}}


def classified(*probs):
    entry = {"index": 0, "label": "LABEL_0", "probs": list(probs), "num_classes": len(probs)}
    return {"object": "list", "model": "rm", "data": [entry], "usage": {}}


def by_length(shape):
    return lambda asked, _: Answer(shape(len(asked.body["messages"][-1]["content"]) / 4))


SHAPES = {
    "/pooling": lambda value: pooled([value]),
    "/pooling per token": lambda value: pooled([[0.0], [-3.0], [value]]),
    "/classify": classified,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_reply_gets_the_reward_of_its_own_request(shape):
    with serving(by_length(SHAPES[shape])) as server:
        path = shape.split()[0]
        scores = load_reward(f"{server.url}{path}?model=my-rm").score(ITEMS)
    assert scores.shape == (40, 1)
    assert scores[:, 0].tolist() == [n / 4 for n in range(40)]
    assert {asked.path for asked in server.asked} == {path}
    sent = next(a.body for a in server.asked if a.body["messages"][-1]["content"] == "xx")
    assert sent == {
        "model": "my-rm",
        "messages": [*ASKED, {"role": "assistant", "content": "xx"}],
        "add_generation_prompt": False,
        "use_activation": False,
    }


def test_a_server_of_one_model_need_not_be_told_its_name():
    with serving(by_length(SHAPES["/pooling"])) as server:
        reward = load_reward(f"{server.url}/pooling")
        reward.score(ITEMS[:1])
    assert "model" not in server.asked[0].body
    assert not reward.persistent


def test_several_outputs_are_columns():
    with serving(Answer(pooled([0.1, 0.2, 0.3]))) as server:
        assert load_reward(f"{server.url}/pooling").score(ITEMS[:2]).tolist() == [[0.1, 0.2, 0.3]] * 2


def test_requests_are_under_way_together():
    now, most, lock = 0, 0, threading.Lock()

    def slowly(asked, _):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return Answer(pooled([1.0]))

    with serving(slowly) as server:
        load_reward(f"{server.url}/pooling").score(ITEMS)
    assert 4 <= most <= 16


def test_faults_that_pass_are_tried_again_and_no_reply_is_lost():
    def unsteady(asked, number):
        if number % 4 == 0:
            return Answer({"error": "busy"}, 503, {"Retry-After": "0.01"})
        if number % 7 == 0:
            return Answer(reset=True)
        return Answer(pooled([len(asked.body["messages"][-1]["content"])]))

    with serving(unsteady) as server:
        scores = load_reward(f"{server.url}/pooling").score(ITEMS[:12])
    assert scores[:, 0].tolist() == list(range(12))
    assert len(server.asked) > 12


def test_the_key_has_a_variable_of_its_own(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-openai-only")
    with serving(Answer(pooled([1.0]))) as server:
        load_reward(f"{server.url}/pooling").score(ITEMS[:1])
        monkeypatch.setenv("RLHF_REWARD_API_KEY", "rm-key")
        load_reward(f"{server.url}/pooling").score(ITEMS[:1])
    first, second = (asked.headers.get("authorization", "") for asked in server.asked)
    assert "sk-for-openai-only" not in first
    assert second == "Bearer rm-key"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer({"error": {"message": "no such model"}}, 404), "answered 404: no such model"),
        (Answer({"detail": "Unauthorized"}, 401), "answered 401: Unauthorized. Set RLHF_REWARD_API_KEY"),
        (Answer({"scores": [1]}), 'expected vLLM\'s shape {"data": [{"data": [0.3]}]}'),
        (Answer({"data": []}), "expected vLLM's shape"),
        (Answer(b"<html>", kind="text/html"), "expected vLLM's shape"),
        (Answer(pooled([])), "expected vLLM's shape"),
        (Answer(classified(0.4, 0.6)), "answered with 2 classes; a reward model has one output"),
        (Answer(pooled(["high"])), "returned [['high']"),
        (Answer(pooled([None])), "was given 1 replies and returned"),
        (Answer(b'{"data": [{"data": [NaN]}]}'), "[nan] for the reply"),
    ],
)
def test_a_wrong_answer_is_one_message_naming_the_endpoint(answer, said):
    with serving(answer) as server, pytest.raises(UserError) as caught:
        load_reward(f"{server.url}/pooling").score(ITEMS[:1])
    assert said in str(caught.value)
    assert server.url in str(caught.value)


def test_rows_of_different_lengths_are_refused():
    def growing(asked, number):
        return Answer(pooled([1.0] * number))

    with serving(growing) as server, pytest.raises(UserError, match="all of one length"):
        load_reward(f"{server.url}/pooling").score(ITEMS[:2])
