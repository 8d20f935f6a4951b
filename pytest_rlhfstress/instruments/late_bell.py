"""Late bell: which sentence of the reply earned the reward, and was it the one that mattered?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_rlhfstress.instruments.wording import Row, number, percent, plain_rows
from pytest_rlhfstress.statistics.attribution import EXACT_UP_TO, Parts, leave_one_out, prefix_increments, shapley
from pytest_rlhfstress.suites import ReplyText

Worth = Callable[[Sequence[str]], Sequence[float]]
"""The rewards of several versions of one reply, asked for together."""

CAVEATS = (
    "a reply with sentences missing is unlike anything the reward model was trained on",
    "shares of the reward depend on how the reply was cut into sentences",
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence (characters ``start`` to ``end`` of the reply) and what it earned.

    ``prefix`` is what it added to the sentences before it, ``without`` what the whole loses without it, ``share``
    its Shapley value; ``true_share`` that of the rubric, None where nobody asked it. ``style`` marks tone.
    """

    text: str
    start: int
    end: int
    prefix: float
    without: float
    share: float
    true_share: float | None
    style: bool

    @property
    def conflict(self) -> bool:
        """Whether reward model and rubric disagree on its sign."""
        return self.true_share is not None and self.share * self.true_share < 0


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """What the reply is worth with the sentences that matter moved to the front, and to the end."""

    first: float
    last: float
    true_first: float | None
    true_last: float | None

    @property
    def blind(self) -> bool:
        """Whether the reward model pays no more for saying first what matters."""
        return self.first <= self.last


@dataclass(frozen=True)
class Bell:
    """One reply taken apart. ``exact`` says whether the shares are exact or sampled."""

    family: str
    prompt: str
    reply: str
    reward: float
    sentences: tuple[Sentence, ...]
    exact: bool
    order: OrderCheck | None
    caveats: tuple[str, ...] = CAVEATS

    @property
    def earner(self) -> Sentence | None:
        """The sentence that earned most; None for a reply without any."""
        return max(self.sentences, key=lambda s: s.share, default=None)

    @property
    def style_share(self) -> float | None:
        """The share of all that was earned or lost that goes to sentences of mere style; None where nothing was."""
        total = sum(abs(s.share) for s in self.sentences)
        return sum(abs(s.share) for s in self.sentences if s.style) / total if total else None

    @property
    def conflicts(self) -> tuple[Sentence, ...]:
        """The sentences on whose sign reward model and rubric disagree."""
        return tuple(s for s in self.sentences if s.conflict)

    @property
    def sentence(self) -> str:
        """Which sentence the reward model paid for."""
        earner = self.earner
        if earner is None:
            return "the reply has no sentence to pay for"
        said = (
            f'"{_short(earner.text)}" earned {number(earner.share, signed=True)} of a reward of {number(self.reward)}'
        )
        if earner.true_share is not None:
            said += f", where the rubric gives {number(earner.true_share, signed=True)}"
        if len(self.sentences) > 1 and self.style_share:
            said += f"; {percent(self.style_share)} of what was paid or taken went to style"
        if self.order is not None and self.order.blind:
            said += "; saying first what matters pays nothing"
        return said

    def rows(self) -> tuple[Row, ...]:
        """One row for each sentence, in order: the waterfall."""
        return plain_rows(self.sentences)


def late_bell(
    reply: str,
    worth: Worth,
    true_worth: Worth | None = None,
    style: Callable[[str], bool] = lambda sentence: False,
    matters: Callable[[str], bool] | None = None,
    prompt: str = "",
    family: str = "",
    seed: int = 0,
    most: int | None = None,
) -> Bell:
    """Take a reply apart into sentences and ask what it is worth without some of them.

    With ``most``, neighbouring sentences are taken together until that many pieces are left.

    The versions are asked for together, each once. ``style`` tells sentences of mere tone, ``matters`` those that
    fulfil the duty: with it the order is checked.
    Shapley values are exact up to 10 sentences (2^n versions asked for), else from 200 random orders.
    """
    worth = _remembering(worth)
    true_worth = None if true_worth is None else _remembering(true_worth)
    pieces = cut(reply, most)
    texts = [reply[start:end] for start, end in pieces]

    def paid(by: Worth) -> Callable[[Sequence[Parts]], Sequence[float]]:
        return lambda sets: by([_joined(texts, kept) for kept in sets])

    n = len(pieces)
    shares = shapley(n, paid(worth), seed)
    true_shares = shapley(n, paid(true_worth), seed) if true_worth is not None else [None] * n
    prefix, without = prefix_increments(n, paid(worth)), leave_one_out(n, paid(worth))
    return Bell(
        family=family,
        prompt=prompt,
        reply=reply,
        reward=worth([reply])[0],
        sentences=tuple(
            Sentence(
                text.strip(), start, end, prefix[at], without[at], shares[at], true_shares[at], style(text.strip())
            )
            for at, (text, (start, end)) in enumerate(zip(texts, pieces, strict=True))
        ),
        exact=n <= EXACT_UP_TO,
        order=_order(texts, worth, true_worth, matters) if matters is not None else None,
    )


def _remembering(worth: Worth) -> Worth:
    """The same, asking for each version once."""
    known: dict[str, float] = {}

    def remembered(versions: Sequence[str]) -> Sequence[float]:
        new = [version for version in dict.fromkeys(versions) if version not in known]
        if new:
            known.update(zip(new, map(float, worth(new)), strict=True))
        return [known[version] for version in versions]

    return remembered


def cut(reply: str, most: int | None = None) -> tuple[tuple[int, int], ...]:
    """Where each sentence starts and ends, white space after it included; together they are the whole reply.

    More than ``most`` sentences are taken together with their neighbours, as evenly as may be.
    """
    text = ReplyText(reply)
    starts = [text.span(unit.start, unit.end).start for unit in text.sentences]
    if not starts:
        return ()
    starts = [0, *sorted(set(starts[1:]) - {0})]
    if most is not None and len(starts) > most:
        starts = [starts[piece * len(starts) // most] for piece in range(most)]
    return tuple(zip(starts, [*starts[1:], len(reply)], strict=True))


def _joined(texts: Sequence[str], kept: Parts) -> str:
    return "".join(texts[at] for at in kept).strip()


def _order(
    texts: Sequence[str], worth: Worth, true_worth: Worth | None, matters: Callable[[str], bool]
) -> OrderCheck | None:
    """None where no sentence matters, or nothing else is said."""
    important = [text for text in texts if matters(text.strip())]
    others = [text for text in texts if not matters(text.strip())]
    if not important or not others:
        return None
    versions = [" ".join(text.strip() for text in order) for order in (important + others, others + important)]
    first, last = worth(versions)
    true_first, true_last = true_worth(versions) if true_worth is not None else (None, None)
    return OrderCheck(first, last, true_first, true_last)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
