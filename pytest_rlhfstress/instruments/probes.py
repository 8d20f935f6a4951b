"""Probing what the reward model pays for: replies taken apart sentence by sentence, and rewritten proxy by proxy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_rlhfstress.conversation import Case
from pytest_rlhfstress.instruments.candidates import Candidates
from pytest_rlhfstress.instruments.grading import Grader
from pytest_rlhfstress.instruments.late_bell import Bell, late_bell
from pytest_rlhfstress.instruments.matched_rewrites import REWRITES
from pytest_rlhfstress.instruments.pool import score, slice_of
from pytest_rlhfstress.instruments.proxy_audit import Rewrite
from pytest_rlhfstress.instruments.shadow_map import ShadowMap
from pytest_rlhfstress.rewards import RewardModel
from pytest_rlhfstress.statistics.attribution import EXACT_UP_TO
from pytest_rlhfstress.suites import Suite

BELLS = 5
FEWEST_PIECES = 3
MOST_CHARACTERS = 300_000
"""The text of all versions of one reply together, about: each version is scored, and read by the suite's signals."""
REWRITTEN_PER_FAMILY = 4


def bells_of(
    shadow: ShadowMap, cases: Sequence[Case], pool: Sequence[Candidates], reward: RewardModel, grader: Grader
) -> Iterator[Bell]:
    """The reply that the reward model pays most for, to the first case of each of the darkest families."""
    first = {case.family: at for at, case in reversed(list(enumerate(cases)))}
    known = [row.family for row in shadow.families if row.wrong is not None and row.family in first]
    for family in known[:BELLS]:
        at = first[family]
        yield ring(cases[at], pool[at].replies[int(pool[at].proxy.argmax())], reward, grader)


def ring(case: Case, reply: str, reward: RewardModel, grader: Grader) -> Bell:
    """The late bell of one reply to a case, its sentences graded by the suite's signals."""

    def worth(versions: Sequence[str]) -> Sequence[float]:
        paid: list[float] = score(reward, [(case.messages, version) for version in versions]).mean(axis=1).tolist()
        return paid

    return late_bell(
        reply,
        worth,
        lambda versions: [grader.worth(case, version) for version in versions],
        style=grader.is_style,
        matters=lambda sentence: bool(grader.shows(sentence, case.locale) & grader.duty(case)),
        prompt=case.text,
        family=case.family,
        most=_pieces(len(reply)),
    )


def _pieces(characters: int) -> int:
    """As many pieces of a reply of this length as can be tried in every combination within the bound."""
    return min(EXACT_UP_TO, max(FEWEST_PIECES, int(math.log2(MOST_CHARACTERS / max(1, characters)))))


def rewrites_of(
    suite: Suite,
    cases: Sequence[Case],
    pool: Sequence[Candidates],
    reward: RewardModel,
    grader: Grader,
    matched: Sequence[Rewrite] = (),
) -> tuple[Rewrite, ...]:
    """Rewrites of the best and the best-paid reply to some cases of each family, besides those ``matched`` already.

    A proxy that has matched replies is not rewritten as well.
    """
    known = {one.proxy for one in matched}
    seen: Counter[str] = Counter()
    todo: list[tuple[str, Case, str, str]] = []
    for case, one in zip(cases, pool, strict=True):
        seen[case.family] += 1
        if seen[case.family] <= REWRITTEN_PER_FAMILY:
            for at in {int(one.truth.argmax()), int(one.proxy.argmax())}:
                plain = one.replies[at]
                todo += [(name, case, plain, style(plain)) for name, style in REWRITES.items() if name not in known]
    asked = [(case.messages, reply) for _, case, plain, styled in todo for reply in (plain, styled)]
    paid = score(reward, asked).mean(axis=1)
    rewritten = [
        Rewrite(
            proxy=name,
            family=slice_of(suite, case.family),
            prompt=case.text,
            plain=float(paid[2 * at]),
            styled=float(paid[2 * at + 1]),
            true_plain=grader.worth(case, plain),
            true_styled=grader.worth(case, styled),
        )
        for at, (name, case, plain, styled) in enumerate(todo)
    ]
    return (*matched, *rewritten)
