"""Models in this process, through transformers: a tiny chat model with random weights, made on the spot."""

import math
import shutil
from collections import Counter
from dataclasses import replace

import pytest
from tiny_models import NEEDS_TORCH, save_chat_model, save_reward_model

from pytest_rlhfstress import Message, ToolCall, UserError
from pytest_rlhfstress.models import Question, Sampling, ask_directly, load_model
from pytest_rlhfstress.models.transformers_chat import _tool_calls

torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
TEXTS = ["Hi.", "I have chest pain and my bill is wrong. " * 4, "Can you book Tuesday?", "¿Hola? 你好", "x"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_chat_model(tmp_path_factory.mktemp("chat"))


def question(text, **settings):
    return Question((Message("system", "You help."), Message("user", text)), **settings)


def loaded(folder, options="?max_tokens=12"):
    return load_model(f"hf:{folder}{options}")


def by_hand(folder, text, new_tokens):
    """Greedy decoding of one conversation, token by token, with nothing of ours."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    ids = tokens(f"<system>You help.<|end|><user>{text}<|end|><assistant>", add_special_tokens=False)["input_ids"]
    found, logprobs = [], []
    with torch.inference_mode():
        for _ in range(new_tokens):
            last = model(torch.tensor([ids + found])).logits[0, -1].log_softmax(-1)
            token = int(last.argmax())
            if token == tokens.eos_token_id:
                break
            found.append(token)
            logprobs.append(float(last[token]))
    return tokens.decode(found), logprobs, len(ids)


def test_greedy_replies_of_a_batch_are_those_of_each_conversation_alone(folder):
    replies = ask_directly(loaded(folder), [question(text) for text in TEXTS])
    for text, reply in zip(TEXTS, replies, strict=True):
        expected, logprobs, prompt = by_hand(folder, text, 12)
        assert reply.text == expected
        assert reply.usage.prompt_tokens == prompt
        assert reply.finish_reason == ("length" if len(logprobs) == 12 else "stop")
        assert reply.usage.completion_tokens == min(12, len(logprobs) + 1)
    assert len({reply.text for reply in replies}) > 1


def test_log_probabilities_are_the_model_s_own(folder):
    (reply,) = ask_directly(loaded(folder), [question(TEXTS[0], sampling=Sampling(logprobs=True))])
    _, expected, _ = by_hand(folder, TEXTS[0], 12)
    assert [value for _, value in reply.logprobs] == pytest.approx(expected, abs=1e-4)


def test_a_sampled_reply_depends_on_seed_and_sample_and_not_on_its_batch(folder):
    model = loaded(folder, "?temperature=1&seed=5&max_tokens=12")
    many = [question(text, sample=sample) for text in TEXTS for sample in range(3)]
    together = [reply.text for reply in ask_directly(model, many)]
    alone = [ask_directly(model, [one])[0].text for one in reversed(many)][::-1]
    assert together == alone
    assert len(set(together)) > len(TEXTS)
    other = ask_directly(loaded(folder, "?temperature=1&seed=6&max_tokens=12"), many)
    assert [reply.text for reply in other] != together


def test_sampling_follows_the_model_s_own_probabilities(folder):
    """First tokens of 1500 samples at temperature 1.5 against the softmax, each within 4.5 standard errors."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    count, temperature = 1500, 1.5
    model = loaded(folder, f"?temperature={temperature}&max_tokens=1")
    drawn = Counter(r.text for r in ask_directly(model, [question("Hi.", sample=n) for n in range(count)]))
    tokens = AutoTokenizer.from_pretrained(folder)
    ids = tokens("<system>You help.<|end|><user>Hi.<|end|><assistant>", add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logits = AutoModelForCausalLM.from_pretrained(folder)(torch.tensor([ids])).logits[0, -1]
    shares = (logits / temperature).softmax(-1)
    expected = Counter()
    for token, share in enumerate(shares.tolist()):
        expected[tokens.decode([token], skip_special_tokens=True)] += share
    likely = [text for text, share in expected.items() if share > 0.01]
    assert len(likely) >= 5
    for text in likely:
        error = math.sqrt(expected[text] * (1 - expected[text]) / count)
        assert abs(drawn[text] / count - expected[text]) < 4.5 * error, text


def test_top_p_keeps_to_the_likeliest_tokens(folder):
    narrow = ask_directly(loaded(folder, "?temperature=1&top_p=0.000001&max_tokens=12"), [question("Hi.")])
    greedy = ask_directly(loaded(folder), [question("Hi.")])
    assert narrow[0].text == greedy[0].text


def test_more_questions_than_a_batch_are_answered_in_order(folder):
    many = [question(f"{n}: {TEXTS[n % 5]}") for n in range(40)]
    model = loaded(folder)
    replies = ask_directly(model, many)
    assert [r.text for r in replies[::7]] == [r.text for r in ask_directly(model, many[::7])]


def test_the_identity_follows_the_contents_and_not_the_place(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    save_chat_model(tmp_path / "other", seed=1)
    here, copy, other = (loaded(f).identity for f in (folder, tmp_path / "copy", tmp_path / "other"))
    assert here == copy != other
    assert loaded(folder, "?temperature=1").identity != loaded(folder, "").identity


def test_a_conversation_too_long_for_the_model_is_refused_with_its_length(folder):
    with pytest.raises(UserError, match=r"a conversation of \d+ tokens does not fit into its 512"):
        ask_directly(loaded(folder), [question("pain " * 600)])


def test_a_reply_never_runs_past_the_model_s_window(folder):
    (reply,) = ask_directly(loaded(folder, "?max_tokens=500&temperature=2&seed=1"), [question("pain " * 95)])
    assert reply.usage.prompt_tokens + reply.usage.completion_tokens <= 512
    assert reply.usage.prompt_tokens > 400


def test_a_missing_folder_is_answered_with_the_nearest_name(tmp_path):
    (tmp_path / "scheduler-7b").mkdir()
    with pytest.raises(UserError, match=r"there is no folder .*scheduler-8b; did you mean 'scheduler-7b'\?"):
        load_model(f"hf:{tmp_path}/scheduler-8b")


def test_a_relative_path_with_a_typing_error_is_not_sought_on_the_hub(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="there is no folder models/scheduler"):
        load_model("hf:models/scheduler")


def test_a_folder_without_a_model_is_said_to_be_one(tmp_path):
    with pytest.raises(UserError, match=r"holds no config\.json"):
        load_model(f"hf:{tmp_path}")


def test_a_name_that_is_neither_here_nor_on_the_hub_is_one_message(monkeypatch):
    with pytest.raises(UserError, match="no-such-org/no-such-model"):
        ask_directly(load_model("hf:no-such-org/no-such-model"), [question("Hi.")])


def test_a_model_without_chat_template_is_refused(tmp_path):
    save_chat_model(tmp_path, template=None)
    with pytest.raises(UserError, match="no chat template"):
        ask_directly(loaded(tmp_path), [question("Hi.")])


def test_weights_of_another_kind_are_refused_instead_of_filled_with_random_numbers(tmp_path):
    save_reward_model(tmp_path)
    with pytest.raises(UserError, match=r"no weights for lm_head\.weight"):
        ask_directly(loaded(tmp_path), [question("Hi.")])


def test_a_damaged_file_is_one_message(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "damaged")
    (tmp_path / "damaged" / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UserError, match="cannot be loaded"):
        ask_directly(loaded(tmp_path / "damaged"), [question("Hi.")])


def test_a_conversation_that_the_template_refuses_is_in_its_words(folder):
    messages = (Message("user", "Hi."), Message("tool", "42", tool_call_id="call_1"))
    with pytest.raises(UserError, match="Tools cannot speak here"):
        ask_directly(loaded(folder), [Question(messages)])


def test_tools_reach_the_template(folder):
    tool = {"type": "function", "function": {"name": "book", "parameters": {"type": "object", "properties": {}}}}
    model = loaded(folder)
    plain, with_tools = ask_directly(model, [question("Hi."), replace(question("Hi."), tools=(tool,))])
    assert with_tools.usage.prompt_tokens > plain.usage.prompt_tokens


def test_a_tool_call_is_read_from_the_text_and_kept_raw_where_it_is_broken():
    text = 'Now. <tool_call>{"name": "book", "arguments": {"day": "Tue"}}</tool_call><tool_call>{"name": "bo'
    assert _tool_calls(text) == (
        "Now.",
        (ToolCall("call_0", "book", '{"day": "Tue"}'), ToolCall("call_1", "", '{"name": "bo')),
    )
    assert _tool_calls("  no call ") == ("  no call ", ())


def test_a_template_that_wants_arguments_as_a_mapping_gets_one(tmp_path):
    calls = "{% for c in m.tool_calls or [] %}{{ c.function.arguments.day }}{% endfor %}"
    template = f"{{% for m in messages %}}{calls}{{{{ m.content }}}}{{% endfor %}}"
    save_chat_model(tmp_path, template=template)
    called = Message("assistant", "", (ToolCall("call_1", "book", '{"day": "Tuesday"}'),))
    with_call, without = ask_directly(
        loaded(tmp_path), [Question((Message("user", "Hi."), called)), Question((Message("user", "Hi."),))]
    )
    assert with_call.usage.prompt_tokens > without.usage.prompt_tokens
