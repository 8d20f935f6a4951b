"""Shadow zone: where is the reward model guessing outside what it was trained on, and wrong there?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.candidates import Candidates
from pytest_rlhfstress.instruments.judged_pairs import JudgedPairs
from pytest_rlhfstress.instruments.wording import Row, number, percent, plain_rows
from pytest_rlhfstress.statistics.calibration import Bin
from pytest_rlhfstress.statistics.checking import finite
from pytest_rlhfstress.statistics.ensembles import margin_spread
from pytest_rlhfstress.statistics.novelty import (
    KnownNgrams,
    cosine_to_nearest,
    hashed_ngrams,
    mahalanobis_squared,
    shrunk_covariance,
)
from pytest_rlhfstress.statistics.ranking import auroc
from pytest_rlhfstress.statistics.selective import conformal_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

DECILES = 10
FLAGGED_BELOW = 0.05
NEIGHBOURS = 5
CAVEAT = "recombination is not novelty: words that were all seen apart can make a message nobody ever judged"


@dataclass(frozen=True)
class NoveltyScore:
    """One way to measure how far a prompt lies from the training prompts.

    ``finds_unseen`` is the AUROC for telling families that reviewers never saw, ``finds_wrong`` for telling prompts
    on which most pairs are ordered wrongly; 0.5 is chance, None where there is nothing to tell apart. ``deciles``
    give, from the most familiar to the newest tenth: mean score, accuracy on its pairs, prompts.
    """

    name: str
    finds_unseen: float | None
    finds_wrong: float | None
    deciles: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class FamilyNovelty:
    """A family: its share of prompts flagged as new (conformal p below 5 %) and its accuracy on pairs."""

    family: str
    prompts: int
    shown: bool
    flagged: float
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Overpaid:
    """How much more the reward model makes of an act in a family than the truth does, in standard deviations."""

    family: str
    act: str
    error: float


@dataclass(frozen=True)
class Zone:
    """Novelty and error together. ``heat`` is the map of (family, act)."""

    scores: tuple[NoveltyScore, ...]
    families: tuple[FamilyNovelty, ...]
    heat: tuple[Overpaid, ...]
    caveat: str = CAVEAT

    def score(self, name: str) -> NoveltyScore | None:
        """One of the scores: "n-grams", "neighbours", "Mahalanobis" or "members"."""
        return next((s for s in self.scores if s.name == name), None)

    @property
    def sentence(self) -> str:
        """The family that is most wrong though it was never shown, and whether novelty would have told."""
        unseen = [f for f in self.families if not f.shown and f.accuracy is not None]
        known = [f for f in self.families if f.accuracy is not None]
        if not known:
            return "no prompt has two replies that differ in worth: error cannot be placed"
        worst = min(unseen or known, key=lambda f: (f.accuracy or 0.0, f.family))
        wrong = None if worst.accuracy is None else 1 - worst.accuracy
        said = f"{worst.family}: {percent(wrong)} of pairs wrong, {percent(worst.flagged)} of its prompts look new"
        told = [s for s in self.scores if s.finds_unseen is not None]
        if not told:
            return said
        named = ", ".join(f"{s.name} {number(s.finds_unseen)}" for s in told)
        return f"{said}; telling families never shown from others (0.5 is chance): {named}"

    def rows(self) -> tuple[Row, ...]:
        """One row for each family."""
        return plain_rows(self.families)


def shadow_zone(
    training: Sequence[str],
    pairs: JudgedPairs,
    shown: Iterable[str],
    vectors: tuple[ArrayLike, ArrayLike] | None = None,
) -> Zone:
    """Measure the prompts of ``pairs`` against the ``training`` prompts.

    ``shown`` are the families reviewers saw. ``vectors`` are (training, prompts) in the reward model's own features,
    shapes (n, width) and (prompts, width); without them hashed word pairs stand in. Raises UserError for fewer than
    four training prompts.
    """
    import numpy as np

    if len(training) < 4:
        raise UserError(f"novelty needs four training prompts or more, got {len(training)}")
    texts = [one.prompt for one in pairs.source]
    known, new = _vectors(training, texts, vectors)
    measured = _measured(training, texts, known, new)
    members = _disagreement(pairs)
    if members is not None:
        measured["members"] = members
    accuracy = _accuracy(pairs)
    seen = set(shown)
    unseen = np.array([one.family not in seen for one in pairs.source], dtype=bool)
    return Zone(
        scores=tuple(_scored(name, score, unseen, accuracy) for name, score in measured.items()),
        families=tuple(_families(pairs, seen, _flags(measured["neighbours"], known))),
        heat=tuple(_heat(pairs.source)),
    )


def _vectors(
    training: Sequence[str], texts: Sequence[str], vectors: tuple[ArrayLike, ArrayLike] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if vectors is None:
        return hashed_ngrams(training), hashed_ngrams(texts)
    known, new = finite(vectors[0], "training vectors"), finite(vectors[1], "prompt vectors")
    if known.ndim != 2 or new.ndim != 2 or (len(known), len(new)) != (len(training), len(texts)):
        raise UserError(f"one vector for each of {len(training)} training and {len(texts)} measured prompts is needed")
    return known, new


def _measured(
    training: Sequence[str], texts: Sequence[str], known: NDArray[np.float64], new: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    import numpy as np

    grams = KnownNgrams(training)
    return {
        "n-grams": np.array([grams.novelty(text) for text in texts]),
        "neighbours": cosine_to_nearest(new, known, NEIGHBOURS),
        "Mahalanobis": mahalanobis_squared(new, known.mean(axis=0), shrunk_covariance(known)),
    }


def _flags(scores: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which prompts are new by conformal p of the neighbour score, each training prompt scored without itself."""
    import numpy as np

    near_and_self = min(NEIGHBOURS + 1, len(known))
    without_self = cosine_to_nearest(known, known, near_and_self) * near_and_self / (near_and_self - 1)
    flagged: NDArray[np.bool_] = np.asarray(conformal_p(without_self, scores) < FLAGGED_BELOW)
    return flagged


def _disagreement(pairs: JudgedPairs) -> NDArray[np.float64] | None:
    """How far members disagree on each prompt's pairs, by -|z| averaged; None with a single member."""
    if pairs.margins.shape[1] < 2:
        return None
    import numpy as np

    z = np.minimum(margin_spread(pairs.margins).z, 1e6) if len(pairs.margins) else np.zeros(0)
    return -_per_prompt(pairs, z, fallback=float(z.mean()) if z.size else 0.0)


def _per_prompt(pairs: JudgedPairs, values: NDArray[np.float64], fallback: float) -> NDArray[np.float64]:
    import numpy as np

    n = len(pairs.source)
    count = np.bincount(pairs.prompt, minlength=n)
    total = np.bincount(pairs.prompt, weights=values, minlength=n)
    found: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), fallback)
    return found


def _accuracy(pairs: JudgedPairs) -> NDArray[np.float64]:
    """The share of each prompt's pairs that are ordered rightly, NaN where it has none."""
    return _per_prompt(pairs, pairs.right, fallback=float("nan"))


def _scored(
    name: str, score: NDArray[np.float64], unseen: NDArray[np.bool_], accuracy: NDArray[np.float64]
) -> NoveltyScore:
    import numpy as np

    judged = ~np.isnan(accuracy)
    wrong = judged & (accuracy < 0.5)
    order = np.flatnonzero(judged)[np.argsort(score[judged], kind="stable")]
    parts = [part for part in np.array_split(order, DECILES) if part.size]
    return NoveltyScore(
        name=name,
        finds_unseen=auroc(score[unseen], score[~unseen]),
        finds_wrong=auroc(score[wrong], score[judged & ~wrong]),
        deciles=tuple(Bin(float(score[p].mean()), float(accuracy[p].mean()), int(p.size)) for p in parts),
    )


def _families(pairs: JudgedPairs, shown: set[str], flagged: NDArray[np.bool_]) -> Iterable[FamilyNovelty]:
    import numpy as np

    for family in pairs.families:
        own = np.array([one.family == family for one in pairs.source], dtype=bool)
        right = pairs.right[pairs.of_family(family)]
        yield FamilyNovelty(
            family=family,
            prompts=int(own.sum()),
            shown=family in shown,
            flagged=float(flagged[own].mean()),
            accuracy=float(right.mean()) if right.size else None,
        )


def _heat(source: Sequence[Candidates]) -> Iterable[Overpaid]:
    """Centred rewards less centred truth of each family's acts, each in its own standard deviations."""
    import numpy as np

    told = [one for one in source if one.acts]
    if not told:
        return
    paid = np.concatenate([one.centred.mean(axis=1) for one in told])
    worth = np.concatenate([one.centred_truth for one in told])
    error = paid / (paid.std() or 1.0) - worth / (worth.std() or 1.0)
    gathered: dict[tuple[str, str], list[float]] = {}
    places = [(one.family, act) for one in told for act in one.acts]
    for place, value in zip(places, error.tolist(), strict=True):
        gathered.setdefault(place, []).append(value)
    for (family, act), values in sorted(gathered.items()):
        yield Overpaid(family, act, float(np.mean(values)))
