"""Uncertainty meter: is the reward model's confidence calibrated, and does it know when it does not know?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.instruments.judged_pairs import JudgedPairs
from pytest_rlhfstress.instruments.reward_mirror import FEWEST_PAIRS, OVERALL, VOTES
from pytest_rlhfstress.instruments.wording import Row, number, percent, plain_rows
from pytest_rlhfstress.statistics.calibration import (
    Bin,
    brier,
    calibration_null,
    expected_calibration_error,
    log_loss,
    reliability,
    sigmoid,
)
from pytest_rlhfstress.statistics.ensembles import bald, margin_spread
from pytest_rlhfstress.statistics.selective import risk_control_limit, risk_coverage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 10
Z_EDGES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
CURVE_POINTS = 50
ALLOWED_LOSS = 0.1
SHIFT = (
    "guarantees of abstention rules hold for prompts like those they were set on; on families that reviewers never "
    "saw they are void"
)


@dataclass(frozen=True)
class FamilyMeter:
    """One family. ``confidence`` is the mean chance given to the preferred reply, ``accuracy`` how often it is better.

    ``ece`` is the calibration error over equal-mass bins and ``ece_null`` the 95th percentile that a calibrated
    model would show on as many pairs; both with Brier score and log loss of the preferred reply being better.
    ``split`` is the chance that two members prefer different replies, ``z`` the median |mean margin|/sd, ``doubt``
    the mean disagreement of members in nats (BALD); all None with a single member. ``risk`` is the share of wrong
    choices among the ``coverage`` most confident.
    """

    family: str
    pairs: int
    accuracy: float
    confidence: float
    ece: float
    ece_null: float
    brier: float
    log_loss: float
    split: float | None
    z: float | None
    doubt: float | None
    risk_area: float
    bins: tuple[Bin, ...]
    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    z_counts: tuple[int, ...]

    @property
    def calibrated(self) -> bool:
        """Whether the error is no larger than chance alone explains."""
        return self.ece <= self.ece_null

    @property
    def overconfidence(self) -> float:
        """Confidence less accuracy."""
        return self.confidence - self.accuracy


@dataclass(frozen=True, slots=True)
class Abstention:
    """What a rule "ask a person unless ..." would do to a family.

    Of all choices the model keeps ``kept``, of which ``wrong_kept`` are wrong (None where it keeps none); it would
    have been right in ``needless`` of those it hands over.
    """

    rule: str
    family: str
    kept: float
    wrong_kept: float | None
    wrong_before: float
    needless: float | None


@dataclass(frozen=True)
class Meter:
    """How far the reward model's confidence can be trusted, against ``truth`` (a rubric's name, or the votes)."""

    truth: str
    members: int
    overall: FamilyMeter | None
    families: tuple[FamilyMeter, ...]
    abstentions: tuple[Abstention, ...]
    caveat: str = SHIFT

    def of(self, family: str) -> FamilyMeter | None:
        """The row of a family, None for one that was not measured."""
        return next((f for f in self.families if f.family == family), None)

    @property
    def worst(self) -> FamilyMeter | None:
        """The family whose confidence most exceeds its accuracy, among those with 20 pairs or more."""
        known = [f for f in self.families if f.pairs >= FEWEST_PAIRS]
        return max(known, key=lambda f: (f.overconfidence, f.family), default=self.overall)

    @property
    def sentence(self) -> str:
        """Where the reward model is surest without reason, and what handing over its doubts would cost."""
        worst = self.worst
        if worst is None:
            return "no two replies to one prompt differ in worth: confidence cannot be judged"
        said = (
            f"{worst.family}: {percent(worst.confidence)} sure and {percent(worst.accuracy)} right "
            f"(calibration error {number(worst.ece)}, chance explains up to {number(worst.ece_null)})"
        )
        rule = next((a for a in self.abstentions if a.family == worst.family), None)
        if rule is not None:
            left = "none" if rule.wrong_kept is None else percent(rule.wrong_kept)
            said += (
                f"; asking a person unless {rule.rule} hands over {percent(1 - rule.kept)} "
                f"and leaves {left} of the rest wrong"
            )
        return said

    def rows(self) -> tuple[Row, ...]:
        """One row for each family, all of them together first."""
        return plain_rows(filter(None, (self.overall, *self.families)))


def uncertainty_meter(pairs: JudgedPairs, truth: str = VOTES, shown: Collection[str] = (), seed: int = 0) -> Meter:
    """Measure confidence on judged pairs.

    With ``truth`` "the votes" a choice is as right as the share of votes for it. ``shown`` are the families that
    reviewers saw: an abstention rule is set on a random half of their prompts and tried on everything else.
    """
    import numpy as np

    sure = sigmoid(np.abs(pairs.margin))
    right = pairs.right if truth != VOTES else (1 + (2 * pairs.right - 1) * pairs.gap) / 2
    everything = np.ones(len(sure), dtype=bool)
    families = [(name, pairs.of_family(name)) for name in pairs.families]
    rules = list(_rules(pairs, sure, right, shown, seed))
    return Meter(
        truth=truth,
        members=pairs.margins.shape[1],
        overall=_measured(OVERALL, pairs.margins, sure, right, seed) if len(sure) else None,
        families=tuple(
            _measured(name, pairs.margins[own], sure[own], right[own], seed) for name, own in families if own.any()
        ),
        abstentions=tuple(
            _abstained(rule, name, keeps[own & tried], right[own & tried])
            for rule, keeps, tried in rules
            for name, own in [(OVERALL, everything), *families]
            if (own & tried).any()
        ),
    )


def _measured(
    family: str, margins: NDArray[np.float64], sure: NDArray[np.float64], right: NDArray[np.float64], seed: int
) -> FamilyMeter:
    import numpy as np

    spread = margin_spread(margins)
    several = margins.shape[1] > 1
    curve = risk_coverage(sure, 1 - right)
    at = np.unique(np.linspace(0, len(sure) - 1, CURVE_POINTS).round().astype(int))
    z = np.histogram(np.minimum(spread.z, Z_EDGES[-1]), [*Z_EDGES, np.inf])[0] if several else ()
    return FamilyMeter(
        family=family,
        pairs=len(sure),
        accuracy=float(right.mean()),
        confidence=float(sure.mean()),
        ece=expected_calibration_error(sure, right, BINS),
        ece_null=calibration_null(sure, BINS, draws=300, seed=seed).upper,
        brier=brier(sure, right),
        log_loss=log_loss(sure, right),
        split=float(spread.split.mean()) if several else None,
        z=float(np.median(spread.z)) if several else None,
        doubt=float(bald(sigmoid(margins)).epistemic.mean()) if several else None,
        risk_area=curve.area,
        bins=reliability(sure, right, BINS),
        coverage=tuple(curve.coverage[i] for i in at),
        risk=tuple(curve.risk[i] for i in at),
        z_counts=tuple(int(n) for n in z),
    )


Rule = tuple[str, "NDArray[np.bool_]", "NDArray[np.bool_]"]
"""A rule's name, the pairs it keeps, and the pairs it may be judged on."""


def _rules(
    pairs: JudgedPairs, sure: NDArray[np.float64], right: NDArray[np.float64], shown: Collection[str], seed: int
) -> Iterator[Rule]:
    import numpy as np

    everywhere = np.ones(len(sure), dtype=bool)
    if pairs.margins.shape[1] > 1:
        spread = margin_spread(pairs.margins)
        yield "all members agree", spread.split == 0, everywhere
        yield "|z| is 2 or more", spread.z >= 2, everywhere
    yield "it is 80 % sure", sure >= 0.8, everywhere
    seen = np.array([c.family in shown for c in pairs.source], dtype=bool)[pairs.prompt]
    half = np.random.default_rng(seed).random(len(pairs.source)) < 0.5
    setting = seen & half[pairs.prompt]
    threshold = _threshold(_one_a_prompt(pairs.prompt, setting), sure, right)
    if threshold is not None:
        name = f"it is {percent(threshold)} sure, set to lose {percent(ALLOWED_LOSS)} at most on families shown"
        yield name, sure >= threshold, ~setting


def _one_a_prompt(prompt: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    import numpy as np

    places = np.flatnonzero(chosen)
    return places[np.unique(prompt[places], return_index=True)[1]]


def _threshold(setting: NDArray[np.int64], sure: NDArray[np.float64], right: NDArray[np.float64]) -> float | None:
    """The lowest sureness at which conformal risk control keeps mean loss times acceptance below what is allowed."""
    import numpy as np

    limit = risk_control_limit(setting.size, ALLOWED_LOSS)
    if limit is None:
        return None
    order = setting[np.argsort(-sure[setting], kind="stable")]
    lost = np.cumsum(1 - right[order]) / setting.size
    kept = int(np.searchsorted(lost, limit, side="right"))
    return float(sure[order[kept - 1]]) if kept else None


def _abstained(rule: str, family: str, keeps: NDArray[np.bool_], right: NDArray[np.float64]) -> Abstention:
    return Abstention(
        rule=rule,
        family=family,
        kept=float(keeps.mean()),
        wrong_kept=float(1 - right[keeps].mean()) if keeps.any() else None,
        wrong_before=float(1 - right.mean()),
        needless=float(right[~keeps].mean()) if not keeps.all() else None,
    )
