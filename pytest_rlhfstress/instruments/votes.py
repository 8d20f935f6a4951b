"""Items with the votes on them: what the disagreement bench counts, made from pairs or from ratings."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from pytest_rlhfstress.preferences import PreferencePair, Rating

TONE, SUBSTANCE = "tone", "substance"


@dataclass(frozen=True, slots=True)
class VotedItem:
    """One item and every vote on it, None for an abstention.

    ``differs`` says in what the compared replies differ; ``sure`` is the chance the reward model gives to the
    reply it prefers, 0.5 to 1, None where it was not asked. ``text`` and ``replies`` are for showing the item.
    """

    item: str
    votes: tuple[tuple[str, Hashable | None], ...]
    family: str = ""
    differs: str = ""
    sure: float | None = None
    text: str = ""
    replies: tuple[str, ...] = ()


def items_of_pairs(
    pairs: Iterable[PreferencePair],
    family: Callable[[PreferencePair], str],
    act: Callable[[str], str] | None = None,
    sure: Callable[[PreferencePair], float | None] | None = None,
) -> Iterator[VotedItem]:
    """Pairs as items with the votes "first", "second" and "tie", one after another.

    Which reply is first is decided by a hash of the texts: a file lists the winner first, and coefficients of
    agreement would take that for a prejudice of the raters. Replies with the same act differ in tone.
    """
    for pair in pairs:
        names = ("first", "second") if _coin(pair) else ("second", "first")
        meaning: dict[str, str | None] = {"chosen": names[0], "rejected": names[1], "tie": "tie", "abstain": None}
        differs = "" if act is None else TONE if act(pair.chosen) == act(pair.rejected) else SUBSTANCE
        yield VotedItem(
            item=pair.item or (f"line {pair.line}" if pair.line else ""),
            votes=tuple((vote.rater, meaning[vote.choice]) for vote in pair.all_votes),
            family=family(pair),
            differs=differs,
            sure=None if sure is None else sure(pair),
            text=pair.text,
            replies=(pair.chosen, pair.rejected),
        )


def _coin(pair: PreferencePair) -> bool:
    low, high = sorted((pair.chosen, pair.rejected))
    asked = "\x1f".join((*(message.content for message in pair.prompt), low, high))
    heads = blake2b(asked.encode("utf-8", "surrogatepass"), digest_size=1).digest()[0] % 2 == 0
    return heads == (pair.chosen == low)


def items_of_ratings(ratings: Iterable[Rating], family: Callable[[Rating], str] | None = None) -> Iterator[VotedItem]:
    """Ratings gathered by item, in the order in which items first appear; every item is held in memory."""
    held: dict[str, list[Rating]] = {}
    for rating in ratings:
        held.setdefault(rating.item, []).append(rating)
    for item, given in held.items():
        yield VotedItem(
            item=item,
            votes=tuple((rating.rater, rating.value) for rating in given),
            family=family(given[0]) if family else "",
            text=next((rating.text for rating in given if rating.text), ""),
        )
