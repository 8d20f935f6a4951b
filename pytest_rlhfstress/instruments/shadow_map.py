"""Shadow map: ledger, mirror and meter in one table: shown how often, how wrong, how sure."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_rlhfstress.instruments.coverage_ledger import LedgerReport, parts_of
from pytest_rlhfstress.instruments.disagreement_bench import BenchReport
from pytest_rlhfstress.instruments.reward_mirror import Mirror
from pytest_rlhfstress.instruments.uncertainty_meter import Meter
from pytest_rlhfstress.instruments.wording import Row, percent, plain_rows


@dataclass(frozen=True, slots=True)
class FamilyShadow:
    """One family. ``shown`` prompts of ``shown_of`` all told were seen by reviewers.

    ``wrong`` is the share of reply pairs ordered wrongly, ``sure`` the mean chance given to the preferred reply,
    ``split`` the chance that two members of the ensemble disagree, ``agreement`` the raw agreement of raters. Each
    is None where it was not measured.
    """

    family: str
    shown: int
    shown_of: int
    wrong: float | None
    sure: float | None
    split: float | None
    agreement: float | None

    @property
    def darkness(self) -> float:
        """How wrong it is for how sure it is: what the map shades by, 0 where unknown."""
        return (self.wrong or 0.0) * (self.sure or 0.0)


@dataclass(frozen=True, slots=True)
class Cell:
    """Two parts of families that occur together (or one alone: the diagonal), over the families that hold both."""

    row: str
    column: str
    shown: int
    wrong: float | None
    sure: float | None


@dataclass(frozen=True)
class ShadowMap:
    """Every family, the darkest first."""

    families: tuple[FamilyShadow, ...]

    def of(self, family: str) -> FamilyShadow | None:
        """The row of a family, None for one that is not on the map."""
        return next((f for f in self.families if f.family == family), None)

    @property
    def sentence(self) -> str:
        """The family with most error under most confidence."""
        if not self.families:
            return "no family was measured"
        darkest = self.families[0]
        return (
            f"{darkest.family}: shown {darkest.shown} times of {darkest.shown_of}, "
            f"{percent(darkest.wrong)} wrong, {percent(darkest.sure)} sure"
        )

    def cells(self) -> tuple[Cell, ...]:
        """The heat map of parts against parts, from families of one or two parts."""
        places: dict[tuple[str, str], list[FamilyShadow]] = {}
        for family in self.families:
            parts = parts_of(family.family)
            if len(parts) in (1, 2):
                places.setdefault((parts[0], parts[-1]), []).append(family)
        return tuple(
            Cell(
                row,
                column,
                sum(f.shown for f in found),
                _mean([f.wrong for f in found]),
                _mean([f.sure for f in found]),
            )
            for (row, column), found in sorted(places.items())
        )

    def rows(self) -> tuple[Row, ...]:
        """One row for each family."""
        return plain_rows(self.families)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def shadow_map(
    ledger: LedgerReport, mirror: Mirror | None = None, meter: Meter | None = None, bench: BenchReport | None = None
) -> ShadowMap:
    """Join what the instruments measured, over every family that any of them knows."""
    measured = dict.fromkeys(f.family for f in ledger.families)
    measured.update(dict.fromkeys(f.family for f in mirror.families) if mirror else {})
    measured.update(dict.fromkeys(f.family for f in meter.families) if meter else {})
    rows = [_row(family, ledger, mirror, meter, bench) for family in measured if family]
    return ShadowMap(tuple(sorted(rows, key=lambda row: (-row.darkness, row.shown, row.family))))


def _row(
    family: str, ledger: LedgerReport, mirror: Mirror | None, meter: Meter | None, bench: BenchReport | None
) -> FamilyShadow:
    shown = ledger.shown(family)
    ordered = mirror.of(family) if mirror else None
    trusted = meter.of(family) if meter else None
    voted = bench.agreement(family) if bench else None
    return FamilyShadow(
        family=family,
        shown=shown.prompts if shown else 0,
        shown_of=ledger.prompts,
        wrong=None if ordered is None or ordered.accuracy is None else 1 - ordered.accuracy,
        sure=trusted.confidence if trusted else None,
        split=trusted.split if trusted else None,
        agreement=voted.raw if voted else None,
    )
