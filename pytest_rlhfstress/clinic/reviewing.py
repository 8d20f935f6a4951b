"""The simulated reviewers at work on a queue: three of the five vote on each comparison, whatever the replies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from pytest_rlhfstress.clinic.features import STYLES, reply_features
from pytest_rlhfstress.clinic.panel import PANEL, VOTES_PER_PAIR
from pytest_rlhfstress.clinic.prompts import Prompt
from pytest_rlhfstress.clinic.replies import ACTS, ESCALATING
from pytest_rlhfstress.clinic.rubric import substance
from pytest_rlhfstress.clinic.truth import prompt_of
from pytest_rlhfstress.conversation import Case, Ingredient, Message


def review_file(queue: Path | str, reviewed: Path | str, seed: int = 0) -> int:
    """Vote on every row of a reviewers' queue and write the rows with their ``votes``. Returns how many there were."""
    with Path(queue).open(encoding="utf-8") as lines, Path(reviewed).open("w", encoding="utf-8") as out:
        rows = [json.loads(line) for line in lines]
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in review(rows, seed))
    return len(rows)


def review(rows: Iterable[Mapping[str, object]], seed: int = 0) -> Iterator[Mapping[str, object]]:
    """The rows without ``winner`` and with the votes of three raters each."""
    random = np.random.default_rng(seed)
    for row in rows:
        first, second = (_liked(row, str(row[field])) for field in ("response_a", "response_b"))
        raters = random.permutation(len(PANEL))[:VOTES_PER_PAIR]
        noise = np.array([PANEL[r].noise for r in raters]) * random.logistic(size=VOTES_PER_PAIR)
        for_first = (first - second)[raters] + noise > 0
        votes = [
            {"rater": PANEL[rater].name, "choice": "first" if yes else "second"}
            for rater, yes in zip(raters, for_first, strict=True)
        ]
        yield {**{name: value for name, value in row.items() if name != "winner"}, "votes": votes}


def _liked(row: Mapping[str, object], reply: str) -> np.ndarray:
    """How much each rater likes any reply, shape (raters,): its acts' substance, and its manner by their taste."""
    features = reply_features(reply)
    acts, style = features[: len(ACTS)], dict(zip(STYLES, features[len(ACTS) :], strict=True))
    worth = float(substance([_prompt(row)])[0, ::2] @ acts)
    escalates = float(sum(acts[ACTS.index(act)] for act in ESCALATING))
    return np.array(
        [
            r.substance * worth + r.calm * style["calm"] + r.escalation * escalates + r.length * style["length"]
            for r in PANEL
        ]
    )


def _prompt(row: Mapping[str, object]) -> Prompt:
    """The message as the rubric sees it, from what the queue says of it."""
    names = [str(name).partition(":") for name in cast(Sequence[str], row["ingredients"])]
    ingredients = tuple(Ingredient(category, name) for category, _, name in names)
    asked = Ingredient("intent", "", expects=tuple(cast(Sequence[str], row["expects"])))
    text = str(cast(Sequence[Mapping[str, object]], row["prompt"])[-1]["content"])
    facts = cast(Mapping[str, str], row["facts"])
    return prompt_of(Case("", (Message("user", text),), (*ingredients, asked), facts, "", ""))
