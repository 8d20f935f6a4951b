"""Sequence-classification reward models in this process: tiny, with random weights, made on the spot."""

import shutil

import pytest
from tiny_models import NEEDS_TORCH, save_chat_model, save_reward_model

from pytest_rlhfstress import UserError
from pytest_rlhfstress.rewards import load_reward

torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
ASKED = [{"role": "user", "content": "Is it urgent?"}]
REPLIES = ["Call now.", "Wait.", "", "Your appointment is booked for Tuesday. " * 6, "¿Cómo? 你好", "Call now. <|end|>"]
ITEMS = [(ASKED, reply) for reply in REPLIES] + [([*ASKED, {"role": "assistant", "content": "Yes."}, *ASKED], "Call.")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_reward_model(tmp_path_factory.mktemp("reward"))


def by_hand(folder, items):
    """Each conversation alone, unpadded, with nothing of ours: the head's output at the last token."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    found = []
    for conversation, reply in items:
        turns = [*conversation, {"role": "assistant", "content": reply}]
        text = "".join(f"<{t['role']}>{t['content']}<|end|>" for t in turns)
        ids = tokens(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            found.append(float(model.score(model.model(ids).last_hidden_state[0, -1])))
    return found


def test_rewards_of_a_batch_are_those_of_each_conversation_alone(folder):
    scores = load_reward(f"hf:{folder}").score(ITEMS)
    assert scores.shape == (len(ITEMS), 1)
    assert scores[:, 0].tolist() == pytest.approx(by_hand(folder, ITEMS), abs=1e-4)
    assert len({round(value, 3) for value in scores[:, 0]}) == len(ITEMS)


def test_more_than_a_batch_comes_back_in_order(folder):
    many = [(ASKED, f"{'word ' * (n % 7)}{n}") for n in range(50)]
    reward = load_reward(f"hf:{folder}")
    assert reward.score(many)[::5, 0].tolist() == pytest.approx(reward.score(many[::5])[:, 0].tolist(), abs=1e-4)


def test_a_model_without_padding_scores_the_last_token_all_the_same(tmp_path):
    save_reward_model(tmp_path, pad_token_id=None)
    scores = load_reward(f"hf:{tmp_path}").score(ITEMS)
    assert scores[:, 0].tolist() == pytest.approx(by_hand(tmp_path, ITEMS), abs=1e-4)


def test_two_models_are_an_ensemble(folder, tmp_path):
    save_reward_model(tmp_path, seed=1)
    both = load_reward([f"hf:{folder}", f"hf:{tmp_path}"])
    scores = both.score(ITEMS)
    assert scores.shape == (len(ITEMS), 2)
    assert scores[:, 1].tolist() == pytest.approx(by_hand(tmp_path, ITEMS), abs=1e-4)


def test_the_identity_follows_the_contents_and_not_the_place(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    save_reward_model(tmp_path / "other", seed=1)
    here, copy, other = (load_reward(f"hf:{f}").identity for f in (folder, tmp_path / "copy", tmp_path / "other"))
    assert here == copy != other


def test_a_chat_model_is_not_taken_for_a_reward_model(tmp_path):
    save_chat_model(tmp_path, num_labels=1)
    with pytest.raises(UserError, match=r"no weights for score\.weight"):
        load_reward(f"hf:{tmp_path}").score(ITEMS)


def test_a_classifier_is_not_taken_for_a_reward_model(tmp_path):
    save_reward_model(tmp_path, labels=3)
    with pytest.raises(UserError, match="its head has 3 outputs; a reward model has one"):
        load_reward(f"hf:{tmp_path}").score(ITEMS)


def test_a_model_without_chat_template_is_refused(tmp_path):
    save_reward_model(tmp_path, template=None)
    with pytest.raises(UserError, match="no chat template"):
        load_reward(f"hf:{tmp_path}").score(ITEMS)


def test_weights_that_overflow_are_named_with_the_reply(tmp_path):
    from transformers import AutoModelForSequenceClassification

    save_reward_model(tmp_path)
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    torch.nn.init.constant_(model.score.weight, float("nan"))
    model.save_pretrained(tmp_path)
    with pytest.raises(UserError, match=r"\[nan\] for the reply 'Call now\.' \(7 of 7 replies\)"):
        load_reward(f"hf:{tmp_path}").score(ITEMS)


def test_a_reply_too_long_to_be_read_whole_is_not_cut_in_silence(folder):
    with pytest.raises(UserError, match=r"a conversation of \d+ tokens does not fit into its 512"):
        load_reward(f"hf:{folder}").score([(ASKED, "pain " * 600)])
