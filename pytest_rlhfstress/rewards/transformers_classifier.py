"""A sequence-classification reward model in this process, through transformers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.transformers_loading import (
    fingerprint,
    load_tokenizer,
    load_weights,
    loading,
    located,
    written,
)
from pytest_rlhfstress.rewards.reward import Item, as_rewards

if TYPE_CHECKING:
    import numpy as np
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BATCH = 16


class TransformersReward:
    """The model at ``path``, a folder or a name on the Hugging Face hub, loaded when something is to be scored.

    The conversation with the reply as its last turn is written by the tokenizer's chat template; the one
    output of the classification head is the reward.
    """

    persistent = True
    batch = 4 * BATCH
    concurrency = 1

    def __init__(self, path: str, shown: str = "") -> None:
        self._path = path
        self.name = f"hf:{shown or path}"
        self._lock = threading.Lock()

    @cached_property
    def identity(self) -> str:
        """A digest of the model's files: where the folder stands does not matter."""
        return f"hf-reward:{fingerprint(self._path, self.name)}"

    def score(self, items: Sequence[Item]) -> np.ndarray:
        """Rewards of shape (len(items), 1). Raises UserError where model or template cannot take an item."""
        with self._lock:
            rows = [self._ids(item) for item in items]
            found = [0.0] * len(rows)
            # Alike in length together: little is padded.
            order = sorted(range(len(rows)), key=lambda position: len(rows[position]))
            size = BATCH if self._pad is not None else 1
            for start in range(0, len(order), size):
                positions = order[start : start + size]
                for position, value in zip(positions, self._forward([rows[p] for p in positions]), strict=True):
                    found[position] = value
        return as_rewards(found, items, self.name)

    @cached_property
    def _tokenizer(self) -> PreTrainedTokenizerBase:
        return load_tokenizer(self._path, self.name)

    @cached_property
    def _model(self) -> PreTrainedModel:
        with loading(self.name):
            from transformers import AutoModelForSequenceClassification
        model = load_weights(AutoModelForSequenceClassification, self._path, self.name)
        if model.config.num_labels != 1:
            raise UserError(
                f"{self.name}: its head has {model.config.num_labels} outputs; a reward model has one. "
                "For a classifier, write a function that turns its outputs into a reward"
            )
        return model

    @property
    def _pad(self) -> int | None:
        """The padding that the head was trained to look past for the last token.

        Without one, replies are scored one by one: a padding chosen here could be what replies end with.
        """
        pad: int | None = self._model.config.pad_token_id
        return pad

    def _ids(self, item: Item) -> list[int]:
        conversation, reply = item
        messages = [*map(dict, conversation), {"role": "assistant", "content": reply}]
        text = written(self._tokenizer, messages, (), self.name, to_continue=False)
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        window = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        if window and len(ids) > window:
            raise UserError(f"{self.name}: a conversation of {len(ids)} tokens does not fit into its {window}")
        return ids

    def _forward(self, rows: Sequence[list[int]]) -> list[float]:
        import torch

        longest = max(map(len, rows))
        # Padded on the right, so that every token keeps the position it would have alone.
        padded = [row + [self._pad or 0] * (longest - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
        device = self._model.device
        try:
            with torch.inference_mode():
                logits: torch.Tensor = self._model(
                    input_ids=torch.tensor(padded, device=device), attention_mask=torch.tensor(mask, device=device)
                ).logits
        except (RuntimeError, ValueError, IndexError) as error:
            raise UserError(f"{self.name}: scoring raised {type(error).__name__}: {error}") from error
        values: list[float] = logits[:, 0].float().tolist()
        return values


def transformers_reward(path: str) -> TransformersReward:
    """The reward model at ``path``. Raises UserError for a folder that is missing or no model."""
    return TransformersReward(located(path, f"hf:{path}"), path)
