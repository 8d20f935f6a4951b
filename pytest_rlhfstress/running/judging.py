"""The judges among a suite's signals, answered through the run: its store, its limits, its retries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Message, Reply
from pytest_rlhfstress.errors import UserError

if TYPE_CHECKING:
    from pytest_rlhfstress.models import Model
    from pytest_rlhfstress.running.run import Run

_answering: list[Run] = []


def let_judges_ask(run: Run) -> None:
    """From now on judges ask through ``run``. They raise UserError where a model gives no answer."""
    if any(known is run for known in _answering):
        return
    _answering[:] = [run]
    from pytest_rlhfstress.models import Question, load_model
    from pytest_rlhfstress.suites import answer_judges_with

    models: dict[str, Model] = {}

    def ask(spec: str, prompts: Sequence[str], sample: int) -> list[str]:
        if spec not in models:
            models[spec] = load_model(spec)
        answers = run.ask(models[spec], [Question((Message("user", prompt),), sample=sample) for prompt in prompts])
        texts = [answer.text for answer in answers if isinstance(answer, Reply)]
        if len(texts) < len(prompts):
            reason = next(answer.reason for answer in answers if not isinstance(answer, Reply))
            raise UserError(f"the judge {spec!r} gave no answer: {reason}")
        return texts

    answer_judges_with(ask)
