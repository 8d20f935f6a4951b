"""Which reply of a pair counts as chosen when several raters voted, and rows of one item put together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from pytest_rlhfstress.preferences.pair import Choice, PreferencePair, Vote

_TURNED: dict[Choice, Choice] = {"chosen": "rejected", "rejected": "chosen", "tie": "tie", "abstain": "abstain"}


def oriented(pair: PreferencePair) -> PreferencePair:
    """The pair with the reply that more raters chose as ``chosen``; a tie where neither has more."""
    if not pair.votes:
        return pair
    count = Counter(vote.choice for vote in pair.votes)
    if count["rejected"] > count["chosen"]:
        return _turned(replace(pair, tie=False))
    return replace(pair, tie=count["rejected"] == count["chosen"])


def joined(last: PreferencePair, pair: PreferencePair) -> PreferencePair | None:
    """Both as one pair where they are one item with the same two replies, each with a vote; else None."""
    if last.item != pair.item or not pair.votes or not last.votes or last.prompt != pair.prompt:
        return None
    if (pair.chosen, pair.rejected) == (last.rejected, last.chosen):
        pair = _turned(pair)
    if (pair.chosen, pair.rejected) != (last.chosen, last.rejected):
        return None
    return oriented(replace(last, votes=last.votes + pair.votes))


def _turned(pair: PreferencePair) -> PreferencePair:
    return replace(
        pair,
        chosen=pair.rejected,
        rejected=pair.chosen,
        score_chosen=pair.score_rejected,
        score_rejected=pair.score_chosen,
        votes=tuple(Vote(vote.rater, _TURNED[vote.choice]) for vote in pair.votes),
    )
