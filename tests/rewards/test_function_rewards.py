"""Reward models that are somebody's own function, ensembles, and what a reward may be."""

import numpy as np
import pytest

from pytest_rlhfstress import UserError
from pytest_rlhfstress.rewards import load_reward, reward_from

ASKED = [{"role": "user", "content": "Is it urgent?"}]
ITEMS = [(ASKED, "Call now."), (ASKED, "Wait and see, please."), (ASKED, "")]


def length(conversation, reply):
    return len(reply)


def two_minds(conversation, reply):
    return [len(reply), -1.0]


def test_a_function_gets_the_conversation_as_dicts_it_may_change():
    def spoiling(conversation, reply):
        assert conversation == [{"role": "user", "content": "Is it urgent?"}]
        conversation.clear()
        return 1.5

    assert reward_from(spoiling).score(ITEMS).tolist() == [[1.5], [1.5], [1.5]]
    assert ASKED == [{"role": "user", "content": "Is it urgent?"}]


def test_a_list_of_floats_is_an_ensemble():
    assert reward_from(two_minds).score(ITEMS).tolist() == [[9, -1], [21, -1], [0, -1]]


def test_nothing_to_score_gives_no_rows():
    assert reward_from(length).score([]).shape == (0, 1)


@pytest.mark.parametrize("given", [np.float32(2), np.array(2), np.array([2]), 2, True + 1])
def test_numbers_of_other_libraries_are_numbers(given):
    assert reward_from(lambda c, r: given).score(ITEMS[:1]).tolist() == [[2.0]]


def test_a_tensor_that_is_being_trained_is_a_number():
    torch = pytest.importorskip("torch", reason="needs torch")
    weight = torch.tensor([2.0], requires_grad=True, dtype=torch.bfloat16)
    assert reward_from(lambda c, r: weight * 3).score(ITEMS[:1]).tolist() == [[6.0]]


def test_a_function_that_takes_a_batch_is_called_with_batches():
    sizes = []

    def batch(conversations, replies):
        sizes.append((len(conversations), len(replies)))
        return [[len(r), i] for i, r in enumerate(replies)]

    batch.batch_size = 2
    assert reward_from(batch).score(ITEMS).tolist() == [[9, 0], [21, 1], [0, 0]]
    assert sizes == [(2, 2), (1, 1)]


def test_several_specs_are_an_ensemble_with_columns_side_by_side(tmp_path, monkeypatch):
    (tmp_path / "two_rewards.py").write_text(
        "def length(conversation, reply): return len(reply)\n"
        "def pair(conversations, replies): return [[1, 2] for _ in replies]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    both = load_reward(["two_rewards:length", "two_rewards:pair"])
    assert both.score(ITEMS).tolist() == [[9, 1, 2], [21, 1, 2], [0, 1, 2]]
    assert both.name == "two_rewards:length + two_rewards:pair"
    assert both.identity != load_reward(["two_rewards:pair", "two_rewards:length"]).identity
    assert load_reward("two_rewards:length").score(ITEMS).shape == (3, 1)


def raises(conversation, reply):
    raise KeyError("no such patient")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (raises, "KeyError: 'no such patient'"),
        (lambda c, r: None, "returned None"),
        (lambda c, r: "0.5", "(str)"),
        (lambda c, r: {"score": 1}, "(dict)"),
        (lambda c, r: [], "[] (list)"),
        (lambda c, r: [[1.0]], "[[1.0]] (list)"),
        (lambda c, r: float("nan"), "[nan] for the reply 'Call now.' (1 of 1 replies)"),
        (lambda c, r: [1.0, float("inf")], "[1.0, inf] for the reply"),
        (lambda c, r: [1.0] * (1 + len(r) % 2), "lists of different lengths"),
        (lambda conversations, replies: [1.0], "was given 3 replies and returned [1.0], of shape (1,)"),
        (lambda conversations, replies: 1.0, "was given 3 replies and returned 1.0"),
        (lambda conversations, replies: [1.0, 2.0, float("nan")], "[nan] for the reply '' (1 of 3 replies)"),
        (lambda conversations, replies: [[1.0], [2.0, 3.0], [1.0]], "all of one length"),
        (lambda conversations, replies: "abc", "was given 3 replies and returned 'abc'"),
    ],
)
def test_a_function_that_misbehaves_is_named_with_what_it_did(function, said):
    function.__qualname__ = "my_reward"
    with pytest.raises(UserError) as caught:
        reward_from(function).score(ITEMS)
    assert said in str(caught.value)
    assert "my_reward" in str(caught.value)


def test_where_it_raised_is_shown_in_the_function_s_own_file():
    with pytest.raises(
        UserError, match=r'test_function_rewards\.py:\d+, in raises: raise KeyError\("no such patient"\)'
    ):
        reward_from(raises).score(ITEMS)


def test_an_async_function_is_refused_before_it_is_called():
    async def later(conversation, reply):
        return 1.0

    with pytest.raises(UserError, match="plain `def`"):
        reward_from(later)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("judg:openai:m", "did you mean 'judge'?"),
        ("judge", "names no model to judge with"),
        ("judge:", "names no model to judge with"),
        ("hf:", "names no model after the colon"),
        ("hf:/no/such/folder", "there is no folder /no/such/folder"),
        ("htp://127.0.0.1/pooling", "did you mean 'http'?"),
        ("http://127.0.0.1:8000", "write an address as in http://host:8000/pooling"),
        ("http://me:secret@gpu/pooling", "must not carry a password"),
        ("http://gpu/pooling?modl=x", "there is no option 'modl'"),
        ("json:dumpz", "'dumpz'"),
    ],
)
def test_a_spec_that_cannot_be_read_is_answered_with_what_to_write(spec, said):
    with pytest.raises(UserError) as caught:
        load_reward(spec)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_no_spec_at_all_is_said():
    with pytest.raises(UserError, match="no reward model was named"):
        load_reward([])
