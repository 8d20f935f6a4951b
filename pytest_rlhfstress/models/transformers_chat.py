"""A chat model in this process, through transformers: batched, and each reply the same whatever its batch holds."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Reply, ToolCall, Usage
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.question import PROVIDERS_CHOICE, Question, Sampling
from pytest_rlhfstress.models.sampling_options import split_sampling
from pytest_rlhfstress.models.transformers_loading import (
    fingerprint,
    load_tokenizer,
    load_weights,
    loading,
    located,
    written,
)

if TYPE_CHECKING:
    import torch
    from transformers import GenerationConfig, LogitsProcessorList, PreTrainedModel, PreTrainedTokenizerBase
    from transformers.generation.utils import GenerateDecoderOnlyOutput

BATCH = 16
NEW_TOKENS = 512
"""The bound on a reply's length where neither the question nor the model's own configuration sets one."""
_TOOL_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)


@dataclass(frozen=True)
class _Prompt:
    question: Question
    sampling: Sampling
    ids: list[int]
    new_tokens: int


class TransformersModel:
    """The model at ``path``: greedy, or sampled where ``temperature`` is set.

    A sampled reply depends on the seed, the conversation and the sample's number, not on what else is in its
    batch. Nothing heavy is loaded before the first question.
    """

    persistent = True
    batch = BATCH
    blocking = True
    concurrency = 1

    def __init__(self, path: str, sampling: Sampling = PROVIDERS_CHOICE, shown: str = "") -> None:
        self._path = path
        self._sampling = sampling
        self.name = f"hf:{shown or path}{sampling}"
        # torch's own state and the weights are shared: one generation at a time.
        self._lock = threading.Lock()

    @cached_property
    def identity(self) -> str:
        """A digest of the model's files, and the sampling: where the folder stands does not matter."""
        return f"hf:{fingerprint(self._path, self.name)}{self._sampling}"

    def answer(self, questions: Sequence[Question]) -> list[Reply]:
        """One reply per question, in order. Raises UserError where model or template cannot take one."""
        with self._lock:
            prompts = [self._prompt(question) for question in questions]
            alike: dict[tuple[object, int], list[int]] = {}
            for position, prompt in enumerate(prompts):
                alike.setdefault((prompt.sampling, prompt.new_tokens), []).append(position)
            replies: dict[int, Reply] = {}
            for positions in alike.values():
                replies.update(zip(positions, self._generated([prompts[p] for p in positions]), strict=True))
        return [replies[position] for position in range(len(prompts))]

    def close(self) -> None:
        """Let go of the weights."""
        self.__dict__.pop("_model", None)

    @cached_property
    def _tokenizer(self) -> PreTrainedTokenizerBase:
        return load_tokenizer(self._path, self.name)

    @cached_property
    def _model(self) -> PreTrainedModel:
        with loading(self.name):
            from transformers import AutoModelForCausalLM
        model = load_weights(AutoModelForCausalLM, self._path, self.name)
        if model.generation_config.eos_token_id is None:
            model.generation_config.eos_token_id = self._tokenizer.eos_token_id
        return model

    def _prompt(self, question: Question) -> _Prompt:
        sampling = question.sampling.over(self._sampling)
        text = written(self._tokenizer, question.as_dicts(), question.tools, self.name, to_continue=True)
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        wanted = sampling.max_tokens or self._model.generation_config.max_new_tokens or NEW_TOKENS
        window = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        room = window - len(ids) if window else wanted
        if room < 1:
            raise UserError(f"{self.name}: a conversation of {len(ids)} tokens does not fit into its {window}")
        return _Prompt(question, sampling, ids, min(wanted, room))

    def _generated(self, prompts: Sequence[_Prompt]) -> list[Reply]:
        import torch

        started = time.monotonic()
        sampling = prompts[0].sampling
        device = self._model.device
        longest = max(len(p.ids) for p in prompts)
        rows = [[0] * (longest - len(p.ids)) + p.ids for p in prompts]
        mask = [[0] * (longest - len(p.ids)) + [1] * len(p.ids) for p in prompts]
        try:
            with torch.inference_mode():
                output = self._model.generate(
                    input_ids=torch.tensor(rows, device=device),
                    attention_mask=torch.tensor(mask, device=device),
                    generation_config=self._settings(prompts[0]),
                    logits_processor=_drawing(sampling, [_seed(p) for p in prompts], device),
                )
        except (RuntimeError, ValueError, IndexError) as error:
            raise UserError(f"{self.name}: generating raised {type(error).__name__}: {error}") from error
        seconds = time.monotonic() - started
        return [self._reply(prompt, row, longest, output, seconds) for row, prompt in enumerate(prompts)]

    def _settings(self, prompt: _Prompt) -> GenerationConfig:
        """The model's own settings, except for how the next token is drawn, which ``_drawing`` decides."""
        settings = copy.deepcopy(self._model.generation_config)
        settings.update(
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            max_new_tokens=prompt.new_tokens,
            pad_token_id=0,
            return_dict_in_generate=True,
            output_logits=bool(prompt.sampling.logprobs),
        )
        return settings

    def _reply(self, prompt: _Prompt, row: int, start: int, output: GenerateDecoderOnlyOutput, seconds: float) -> Reply:
        ids: list[int] = output.sequences[row, start:].tolist()
        end = _first_end(ids, self._model.generation_config.eos_token_id)
        finish = "length" if end is None else "stop"
        ids = ids[:end]
        text = str(self._tokenizer.decode(ids, skip_special_tokens=True))
        text, calls = _tool_calls(text) if prompt.question.tools else (text, ())
        return Reply(
            text=text,
            tool_calls=calls,
            finish_reason="tool_calls" if calls else finish,
            model=self.name,
            usage=Usage(len(prompt.ids), len(ids) + (end is not None)),
            latency=seconds,
            sample=prompt.question.sample,
            logprobs=tuple(self._logprobs(ids, row, output)) if prompt.sampling.logprobs else (),
        )

    def _logprobs(self, ids: list[int], row: int, output: GenerateDecoderOnlyOutput) -> list[tuple[str, float]]:
        steps = output.logits or ()
        return [
            (str(self._tokenizer.decode([token])), float(steps[step][row].float().log_softmax(-1)[token]))
            for step, token in enumerate(ids)
        ]


class _GumbelNoise:
    """Turns the greedy choice into a draw from the softmax: argmax(logits + G), G standard Gumbel noise.

    The Gumbel-max trick (Gumbel 1954; Maddison, Tarlow and Minka 2014). Each row has a generator of its own,
    so what it draws does not depend on the other rows.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        import torch

        self._generators = [torch.Generator(device=device).manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores of shape (rows, vocabulary), with the noise added."""
        import torch

        noise = torch.empty_like(scores)
        for row, generator in zip(noise, self._generators, strict=True):
            row.exponential_(generator=generator)
        # The logarithm of an exponential variable is a Gumbel variable with its sign turned.
        return scores - noise.clamp_min(torch.finfo(noise.dtype).tiny).log()


def transformers_model(rest: str) -> TransformersModel:
    """``PATH[?OPTIONS]``: a folder saved by transformers, or a name on the Hugging Face hub.

    The options are those of ``split_sampling``. Raises UserError for a folder that is missing or no model.
    """
    path, sampling = split_sampling(rest, f"hf:{rest}")
    return TransformersModel(located(path, f"hf:{rest}"), sampling, path)


def _drawing(sampling: Sampling, seeds: Sequence[int], device: torch.device) -> LogitsProcessorList:
    """How the next token is drawn: nothing to add for the greedy choice."""
    from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopPLogitsWarper

    steps = LogitsProcessorList()
    if sampling.temperature:
        steps.append(TemperatureLogitsWarper(float(sampling.temperature)))
        if sampling.top_p is not None and sampling.top_p < 1:
            steps.append(TopPLogitsWarper(sampling.top_p))
        steps.append(_GumbelNoise(seeds, device))
    return steps


def _seed(prompt: _Prompt) -> int:
    """One for each seed, conversation and sample."""
    text = json.dumps([prompt.sampling.seed or 0, prompt.question.sample, prompt.ids])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


def _first_end(ids: Sequence[int], ends: int | Sequence[int] | None) -> int | None:
    """Where the first end-of-turn token stands."""
    known = {ends} if isinstance(ends, int) else set(ends or ())
    return next((position for position, token in enumerate(ids) if token in known), None)


def _tool_calls(text: str) -> tuple[str, tuple[ToolCall, ...]]:
    """The text around ``<tool_call>{"name": ..., "arguments": ...}</tool_call>`` (Hermes, Qwen), and the calls.

    A call whose JSON is broken is kept as it was written, without a name.
    """
    calls = tuple(_tool_call(found.strip(), f"call_{n}") for n, found in enumerate(_TOOL_CALL.findall(text)))
    return (_TOOL_CALL.sub("", text).strip(), calls) if calls else (text, ())


def _tool_call(written_call: str, call_id: str) -> ToolCall:
    try:
        call = json.loads(written_call)
        name, arguments = call["name"], call.get("arguments", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return ToolCall(call_id, "", written_call)
    return ToolCall(call_id, str(name), arguments if isinstance(arguments, str) else json.dumps(arguments))
