"""The votes in a row, whichever way they are written: listed, a column for each rater, or one for the row."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_rlhfstress.preferences.cells import text_in
from pytest_rlhfstress.preferences.choices import Winner, winner
from pytest_rlhfstress.preferences.pair import Choice, Vote
from pytest_rlhfstress.preferences.problems import BadRowError, Problems
from pytest_rlhfstress.preferences.shapes import Shape

_OF_FIRST: dict[Winner, Choice] = {"first": "chosen", "second": "rejected", "tie": "tie", "abstain": "abstain"}


def votes_in(fields: Mapping[str, object], shape: Shape, problems: Problems) -> tuple[Vote, ...]:
    """Every vote of the row, with the first reply of the row as ``chosen``; none where it names no rater or winner.

    Raises BadRowError for a word that says neither reply.
    """
    listed = shape.value(fields, "votes")
    if isinstance(listed, list):
        return tuple(_listed(vote, shape) for vote in listed)
    if shape.raters:
        return tuple(_vote(rater, fields.get(rater), shape, rater, problems) for rater in shape.raters)
    rater = text_in(shape.value(fields, "rater"))
    if shape.kind == "pair":
        return (Vote(rater, "tie" if fields.get("tie") is True else "chosen"),) if rater else ()
    if "winner" in shape.column:
        return (_vote(rater, shape.value(fields, "winner"), shape, shape.column["winner"], problems),)
    said = [meaning for name, meaning in shape.flags.items() if text_in(fields.get(name)) in ("1", "1.0", "True")]
    if len(said) != 1:
        raise BadRowError(f"of {', '.join(shape.flags)} one must be 1 and the others 0")
    return (Vote(rater, _OF_FIRST[said[0]]),)


def _vote(rater: str, value: object, shape: Shape, field: str, problems: Problems) -> Vote:
    problems.saw_choice(value)
    return Vote(rater, _OF_FIRST[winner(value, shape.words, field)])


def _listed(vote: object, shape: Shape) -> Vote:
    if not isinstance(vote, dict):
        raise BadRowError("votes must be a list of objects with rater and choice")
    return Vote(text_in(vote.get("rater")), _OF_FIRST[winner(vote.get("choice"), shape.words, "the choice of a vote")])
