"""Asking a model with nothing in between: no store, no retries, no limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import cast

from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.models.question import Model, Question


def ask_directly(model: Model, questions: Sequence[Question]) -> list[Reply]:
    """One reply per question, in order, at most ``model.concurrency`` under way. Raises what the model raises."""
    parts = [questions[start : start + model.batch] for start in range(0, len(questions), model.batch)]
    if model.blocking:
        answers = [cast(Sequence[Reply], model.answer(part)) for part in parts]
    else:
        answers = asyncio.run(_answers(model, parts))
    return [reply for part in answers for reply in part]


async def _answers(model: Model, parts: Sequence[Sequence[Question]]) -> list[Sequence[Reply]]:
    under_way = asyncio.Semaphore(model.concurrency)

    async def one(part: Sequence[Question]) -> Sequence[Reply]:
        async with under_way:
            return await cast(Awaitable[Sequence[Reply]], model.answer(part))

    try:
        return await asyncio.gather(*map(one, parts))
    finally:
        # Its connections belong to this event loop, which ends here.
        closing = model.close()
        if closing is not None:
            await closing
