"""Tiny transformers models with random weights, made on the spot: real in every part except in what they know."""

import os

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")

TEMPLATE = (
    "{% if tools %}<tools>{{ tools | length }}</tools>{% endif %}"
    "{% for m in messages %}"
    "{% if m.role == 'tool' %}{{ raise_exception('Tools cannot speak here') }}{% endif %}"
    "<{{ m.role }}>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
NEEDS_TORCH = "needs torch and transformers (pip install 'pytest-rlhfstress[hf]')"


def seeded(seed):
    """torch, seeded, in one thread: tests share the processors, and threads that wait for one spin."""
    torch = pytest.importorskip("torch", reason=NEEDS_TORCH)
    pytest.importorskip("transformers", reason=NEEDS_TORCH)
    torch.set_num_threads(1)
    torch.manual_seed(seed)


def tokenizer(template=TEMPLATE):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<pad>", "<|end|>"], initial_alphabet=alphabet)
    plain.train_from_iterator(["Your appointment is booked for Tuesday. Please call now."], trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="<|end|>", pad_token="<pad>")
    made.chat_template = template
    return made


def configuration(tokens, **changes):
    from transformers import LlamaConfig

    sizes = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "initializer_range": 0.3,
    }
    ends = {"eos_token_id": tokens.eos_token_id, "pad_token_id": tokens.pad_token_id, "bos_token_id": None}
    return LlamaConfig(vocab_size=len(tokens), **sizes | ends | changes)


def save_chat_model(folder, seed=0, template=TEMPLATE, **changes):
    """A chat model in ``folder``."""
    seeded(seed)
    from transformers import LlamaForCausalLM

    tokens = tokenizer(template)
    LlamaForCausalLM(configuration(tokens, **changes)).save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


def save_reward_model(folder, seed=0, template=TEMPLATE, labels=1, **changes):
    """A reward model with a sequence-classification head in ``folder``."""
    seeded(seed)
    from transformers import LlamaForSequenceClassification

    tokens = tokenizer(template)
    names = {n: f"LABEL_{n}" for n in range(labels)}
    settings = configuration(tokens, id2label=names, label2id={v: k for k, v in names.items()}, **changes)
    LlamaForSequenceClassification(settings).save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder
