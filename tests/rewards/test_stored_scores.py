"""Scores and verdicts go through the reply store: nothing is scored twice, in this run or the next."""

import pytest
from loopback import Answer, completion, serving

from pytest_rlhfstress import UserError
from pytest_rlhfstress.asking import Asker, open_store
from pytest_rlhfstress.rewards import load_reward

pytest.importorskip("openai", reason="needs openai (pip install 'pytest-rlhfstress[openai]')")
ITEMS = [([{"role": "user", "content": f"Question {n % 3}?"}], f"Reply {n}.") for n in range(90)]


class Asking:
    """As a run does it: one asker per model, all on one store."""

    def __init__(self, file, record_mode="once"):
        self._file, self._mode = file, record_mode
        self.askers = {}

    def __call__(self, model, questions):
        if id(model) not in self.askers:
            self.askers[id(model)] = Asker(model, open_store(self._file, self._mode))
        return self.askers[id(model)].ask(questions)

    def close(self):
        for asker in self.askers.values():
            asker.close()


@pytest.fixture
def asking(tmp_path):
    opened = []

    def make(record_mode="once"):
        opened.append(Asking(tmp_path / "replies.sqlite", record_mode))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def pooled(asked, _):
    return Answer({"data": [{"index": 0, "data": [len(asked.body["messages"][-1]["content"]) / 2]}]})


def test_a_reply_scored_once_is_not_scored_again(asking):
    with serving(pooled) as server:
        spec = f"{server.url}/pooling?model=rm"
        reward = load_reward(spec, asking())
        first = reward.score(ITEMS)
        assert reward.score(ITEMS[::-1]).tolist() == first[::-1].tolist()
        assert load_reward(spec, asking()).score(ITEMS).tolist() == first.tolist()
        assert len(server.asked) == len(ITEMS)
    # The server is gone: what was recorded is replayed without it.
    assert load_reward(spec, asking("none")).score(ITEMS).tolist() == first.tolist()


def test_a_score_that_was_never_recorded_is_missed_and_not_invented(asking):
    with serving(pooled) as server:
        spec = f"{server.url}/pooling?model=rm"
        load_reward(spec, asking()).score(ITEMS[:1])
    with pytest.raises(UserError, match="--rlhf-record-mode=none, and the store has no reply"):
        load_reward(spec, asking("none")).score(ITEMS[:2])


def test_a_dialogue_with_tool_calls_reaches_the_reward_model_whole(asking):
    call = {"id": "call_1", "type": "function", "function": {"name": "book", "arguments": "{}"}}
    dialogue = [
        {"role": "user", "content": "Book it."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "done", "tool_call_id": "call_1"},
    ]
    with serving(pooled) as server:
        load_reward(f"{server.url}/pooling?model=rm", asking()).score([(dialogue, "Booked.")])
    assert server.asked[0].body["messages"] == [*dialogue, {"role": "assistant", "content": "Booked."}]


def test_verdicts_of_a_judge_are_kept_too(asking):
    pairs = [([{"role": "user", "content": f"Q{n}?"}], reply) for n in range(4) for reply in ("Call.", "Wait.")]
    with serving(Answer(completion("VERDICT: A"))) as server:
        spec = f"judge:openai:wise@{server.url}/v1"
        first = load_reward(spec, asking()).score(pairs)
        assert len(server.asked) == 8
        assert load_reward(spec, asking()).score(pairs).tolist() == first.tolist()
        assert len(server.asked) == 8


def test_a_failing_endpoint_is_one_message(asking):
    with serving(Answer({"error": {"message": "no such model"}}, 404)) as server, pytest.raises(UserError) as caught:
        load_reward(f"{server.url}/pooling?model=rm", asking()).score(ITEMS)
    assert "no such model" in str(caught.value)
