"""What a recorded choice means: the first reply, the second, neither, or no opinion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pytest_rlhfstress.preferences.problems import BadRowError

Winner = Literal["first", "second", "tie", "abstain"]

_WORDS: dict[str, Winner] = {
    **dict.fromkeys(
        ("1", "a", "model_a", "response_a", "response_1", "response1", "output_1", "assistant_a", "answer_a"), "first"
    ),
    **dict.fromkeys(("first", "left", "chosen", "[[a]]", "a>b", "a>>b"), "first"),
    **dict.fromkeys(
        ("2", "b", "model_b", "response_b", "response_2", "response2", "output_2", "assistant_b", "answer_b"), "second"
    ),
    **dict.fromkeys(("second", "right", "rejected", "[[b]]", "b>a", "b>>a"), "second"),
    **dict.fromkeys(
        ("0", "tie", "tie (bothbad)", "tie(bothbad)", "bothbad", "both_bad", "both bad", "both", "neither"), "tie"
    ),
    **dict.fromkeys(("same", "similar", "equal", "draw", "c", "[[c]]", "a=b"), "tie"),
    **dict.fromkeys(("", "abstain", "skip", "na", "n/a", "nan", "null", "none", "unsure"), "abstain"),
}
MEANINGS: dict[str, Winner] = {
    "first_is": "first",
    "second_is": "second",
    "tie_is": "tie",
    "abstain_is": "abstain",
}


def meanings(fields: Mapping[str, str]) -> Mapping[str, Winner]:
    """The words for each choice: the usual ones, or those that ``first_is=0,second_is=1`` give instead."""
    given = {
        _plain(word): meaning
        for role, meaning in MEANINGS.items()
        if role in fields
        for word in fields[role].split("|")
    }
    return {"": "abstain", "nan": "abstain", **given} if given else _WORDS


def winner(value: object, words: Mapping[str, Winner], field: str) -> Winner:
    """What ``value`` says. Raises BadRowError for a word nobody explained."""
    found = words.get(_plain(value))
    if found is None:
        raise BadRowError(
            f"{field} is {value!r:.40}, and nobody said which reply that is; "
            "say so with first_is=...,second_is=...,tie_is=... (several words with | between them)"
        )
    return found


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip().casefold()
