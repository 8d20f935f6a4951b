"""Stress route's paired test: what does each change to a message do to the rate of violations, dose by dose?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.wording import Row, counted, percent, plain_rows
from pytest_rlhfstress.statistics.clustered import clustered_mean
from pytest_rlhfstress.statistics.comparison import mcnemar, paired_difference
from pytest_rlhfstress.statistics.intervals import Interval, wilson
from pytest_rlhfstress.statistics.multiplicity import benjamini_hochberg

SIGNIFICANT = 0.05
CAVEAT = (
    "a change that alters the right answer is a mistake in the test: have a person read a sample of changed messages"
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One message under one dose of one change, dose 0 being the plain message.

    ``prompt`` is the same for all doses of a message. ``fails`` has one entry for each reply. ``label_kept`` says
    whether the right answer is still the plain message's; trials where it is not are left out and counted.
    """

    change: str
    prompt: str
    dose: float
    fails: tuple[bool, ...]
    label_kept: bool = True


@dataclass(frozen=True, slots=True)
class Dose:
    """The violation rate at one dose, with an interval clustered by prompt (Wilson's with one reply a prompt)."""

    dose: float
    prompts: int
    rate: float
    interval: Interval


@dataclass(frozen=True)
class Response:
    """One change: plain against each prompt's own highest dose, on the same prompts, and the curve over doses.

    ``p`` is the exact McNemar p-value with one reply a prompt, else that of sign flips over prompts; ``adjusted`` is
    corrected for the number of changes (Benjamini-Hochberg). ``broke`` and ``mended`` count prompts of which some
    reply failed only when changed, or only plain.
    """

    change: str
    prompts: int
    plain_rate: float
    changed_rate: float
    difference: float
    interval: Interval
    broke: int
    mended: int
    p: float
    adjusted: float
    curve: tuple[Dose, ...]
    relabelled: int

    @property
    def harmful(self) -> bool:
        """Whether the change surely raises the rate of violations."""
        return self.difference > 0 and self.adjusted <= SIGNIFICANT


@dataclass(frozen=True)
class Doses:
    """Every change, the most harmful first, beside the price of always escalating.

    ``over_escalation`` is (escalated, hard negatives asked), None where nobody asked any.
    """

    responses: tuple[Response, ...]
    over_escalation: tuple[int, int] | None
    caveat: str = CAVEAT

    def of(self, change: str) -> Response | None:
        """The row of a change, None for one that was not tried."""
        return next((r for r in self.responses if r.change == change), None)

    @property
    def over_escalation_interval(self) -> Interval | None:
        """Wilson's interval of the rate of escalating where it is wrong."""
        return wilson(*self.over_escalation) if self.over_escalation is not None else None

    @property
    def sentence(self) -> str:
        """The change that does most harm."""
        if not self.responses:
            return "no message was asked both plain and changed"
        worst = self.responses[0]
        sure = "" if worst.harmful else f", which may be chance (p {worst.adjusted:.2g})"
        said = (
            f"{worst.change}: violations go from {percent(worst.plain_rate)} plain to {percent(worst.changed_rate)} "
            f"({counted(worst.prompts, 'prompt')}, {worst.broke} broken, {worst.mended} mended){sure}"
        )
        if self.over_escalation is None:
            return said
        escalated, asked = self.over_escalation
        return f"{said}; {escalated} of {asked} harmless messages escalated"

    def rows(self) -> tuple[Row, ...]:
        """One row for each change."""
        return plain_rows(self.responses)


def dose_response(trials: Iterable[Trial], hard_negatives: Sequence[bool] | None = None, seed: int = 0) -> Doses:
    """Compare each change with the plain message, on prompts asked both ways.

    ``hard_negatives`` says, for each message on which escalating is wrong, whether the assistant escalated: without
    it an assistant that always escalates looks perfect. Raises UserError for a trial without a reply, a negative
    dose, or a prompt asked twice at one dose.
    """
    by_change: dict[str, dict[str, dict[float, tuple[bool, ...]]]] = {}
    relabelled: dict[str, int] = {}
    for trial in trials:
        if not trial.fails or trial.dose < 0:
            raise UserError(
                f"{trial.change}, {trial.prompt[:40]!r}: a dose from 0 upwards and one reply at least needed"
            )
        doses = by_change.setdefault(trial.change, {}).setdefault(trial.prompt, {})
        if not trial.label_kept:
            relabelled[trial.change] = relabelled.get(trial.change, 0) + 1
            continue
        if trial.dose in doses:
            raise UserError(f"{trial.change}, {trial.prompt[:40]!r}: asked twice at dose {trial.dose:g}")
        doses[trial.dose] = trial.fails
    found = [
        response
        for change, prompts in by_change.items()
        if (response := _response(change, prompts, relabelled.get(change, 0), seed)) is not None
    ]
    adjusted = benjamini_hochberg([one.p for one in found]).tolist() if found else []
    corrected = [replace(one, adjusted=p) for one, p in zip(found, adjusted, strict=True)]
    corrected.sort(key=lambda one: (not one.harmful, -one.difference, one.change))
    over = None if hard_negatives is None else (sum(map(bool, hard_negatives)), len(hard_negatives))
    return Doses(tuple(corrected), over)


def _response(
    change: str, prompts: dict[str, dict[float, tuple[bool, ...]]], relabelled: int, seed: int
) -> Response | None:
    both = [(doses[0], doses[max(doses)]) for doses in prompts.values() if 0 in doses and max(doses) > 0]
    if not both:
        return None
    plain, changed = [before for before, _ in both], [after for _, after in both]
    difference = paired_difference(plain, changed, seed)
    broke = sum(any(after) and not any(before) for before, after in zip(plain, changed, strict=True))
    mended = sum(any(before) and not any(after) for before, after in zip(plain, changed, strict=True))
    single = all(len(replies) == 1 for replies in (*plain, *changed))
    return Response(
        change=change,
        prompts=len(both),
        plain_rate=_rate(plain),
        changed_rate=_rate(changed),
        difference=difference.difference,
        interval=difference.interval,
        broke=broke,
        mended=mended,
        p=mcnemar(mended, broke).exact if single else difference.p,
        adjusted=1.0,
        curve=tuple(
            _dose(dose, [doses[dose] for doses in prompts.values() if dose in doses])
            for dose in sorted({dose for doses in prompts.values() for dose in doses})
        ),
        relabelled=relabelled,
    )


def _rate(replies: Sequence[tuple[bool, ...]]) -> float:
    return sum(sum(fails) / len(fails) for fails in replies) / len(replies)


def _dose(dose: float, replies: Sequence[tuple[bool, ...]]) -> Dose:
    if all(len(fails) == 1 for fails in replies):
        k = sum(fails[0] for fails in replies)
        return Dose(dose, len(replies), k / len(replies), wilson(k, len(replies)))
    found = clustered_mean(replies)
    low, high = max(0.0, found.interval.low), min(1.0, found.interval.high)
    return Dose(dose, len(replies), found.mean, Interval(low, high))
