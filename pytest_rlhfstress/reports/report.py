"""One run's results as a value: what every report file is written from, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.finding import Finding, Slice, Verdict
from pytest_rlhfstress.reports.comparison import Comparison

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.detector_calibration import SignalCalibration
    from pytest_rlhfstress.instruments.overview import Audit

VERDICTS: tuple[Verdict, ...] = ("FAIL", "INCONCLUSIVE", "PASS")
"""From the worst to the best."""
CAVEAT = "PASS means no counterexample was found in this search; it is no evidence of clinical safety."


@dataclass(frozen=True)
class SuiteFacts:
    """A suite that was run, and who reviewed its vocabulary, in the suite's own words."""

    name: str
    version: str
    review: str = ""


@dataclass(frozen=True)
class RunFacts:
    """What was run, with what, when. ``started`` is UTC in ISO 8601, ``seconds`` the run's length.

    ``complete`` is False where the run was interrupted or stopped at a failure.
    """

    started: str
    seconds: float
    product: str
    pytest: str
    hypothesis: str
    model: str
    model_configured: bool
    seed: int
    cases: int
    samples: int
    complete: bool = True
    reward: str = ""
    preferences: str = ""
    suites: tuple[SuiteFacts, ...] = ()


@dataclass(frozen=True)
class Broken:
    """A test that ended in an error before it could judge anything; ``reason`` is the error's last line."""

    nodeid: str
    reason: str


@dataclass(frozen=True)
class Calibration:
    """How well one signal's detector agrees with human labels; an interval is (low, high) at 95 %."""

    n: int
    precision: float | None
    recall: float | None
    f1: float | None
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]
    f1_interval: tuple[float, float]


def calibration_of(measured: SignalCalibration) -> Calibration:
    """What a report keeps of a signal's calibration; a figure is None where there was nothing to count."""
    precision, recall, f1 = measured.precision_interval, measured.recall_interval, measured.f1_interval
    return Calibration(
        n=measured.n,
        precision=measured.precision,
        recall=measured.recall,
        f1=measured.f1,
        precision_interval=(precision.low, precision.high),
        recall_interval=(recall.low, recall.high),
        f1_interval=(f1.low, f1.high),
    )


@dataclass(frozen=True)
class Measured:
    """What one instrument says, and the figures it says it from as rows of plain data."""

    sentence: str
    rows: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True)
class Instruments:
    """What the instruments measured of one suite, on what, by their names.

    ``truth`` names the rubric they held rewards against; ``remarks`` say what could not be read of the preference data.
    """

    suite: str
    preferences: str
    reward_model: str
    truth: str
    measured: Mapping[str, Measured]
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, audit: Audit) -> Instruments:
        """The audit's sentences and figures."""
        rows = {
            "stress_route": audit.doses.rows() if audit.doses else (),
            "reward_mirror": audit.mirror.rows(),
            "coverage_ledger": audit.ledger.rows(),
            "shadow_zone": audit.zone.rows() if audit.zone else (),
            "late_bell": tuple({"family": bell.family, **row} for bell in audit.bells for row in bell.rows()),
            "safety_brake": audit.brake.rows() if audit.brake else (),
            "disagreement_bench": audit.bench.rows(),
            "uncertainty_meter": audit.meter.rows(),
            "proxy_audit": audit.proxies.rows(),
        }
        measured = {name: Measured(said, rows[name]) for name, said in audit.sentences.items()}
        measured["shadow_map"] = Measured(audit.shadow.sentence, audit.shadow.rows())
        return cls(audit.suite, audit.preferences, audit.reward_model, audit.truth, measured, audit.remarks)


@dataclass(frozen=True)
class ReportSection:
    """A section that a plugin adds to every report: lines of text, and rows of plain values below them.

    The columns are the keys of the first row. Raises UserError for other values than texts, numbers, booleans and None.
    """

    title: str
    lines: tuple[str, ...] = ()
    rows: tuple[Mapping[str, object], ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.lines, str) or not all(isinstance(line, str) for line in self.lines):
            raise UserError(f"the report section {self.title!r}: lines={self.lines!r:.80}; give a tuple of texts")
        for row in self.rows:
            for name, value in row.items():
                if not isinstance(value, str | int | float | None):
                    raise UserError(
                        f"the report section {self.title!r}: {name} is {value!r:.80}; give a text, a number or None"
                    )


@dataclass(frozen=True)
class WorstSlice:
    """The family of prompts in which surely the largest share of the tried cases broke one spec."""

    finding: Finding
    slice: Slice


@dataclass(frozen=True)
class Report:
    """Everything a report file says. ``calibration`` goes by signal; what was not measured is absent.

    ``warnings`` say what makes the verdicts worth less than they look.
    ``comparison`` is with the baseline, where one was given. ``audited`` has an entry for each suite the instruments
    measured; ``audits`` are what they were taken from, for the pictures: a report read from a file has none.
    ``sections`` are what other plugins add.
    """

    facts: RunFacts
    findings: tuple[Finding, ...]
    broken: tuple[Broken, ...] = ()
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    comparison: Comparison | None = None
    warnings: tuple[str, ...] = ()
    audited: tuple[Instruments, ...] = ()
    sections: tuple[ReportSection, ...] = ()
    audits: tuple[Audit, ...] = field(default=(), compare=False, repr=False)

    @property
    def ranked(self) -> tuple[Finding, ...]:
        """The findings, worst first."""
        return tuple(sorted(self.findings, key=rank))

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all; never PASS where nothing was judged, tests broke or the run stopped early."""
        if self.count("FAIL"):
            return "FAIL"
        whole = self.facts.complete and not self.broken and self.count("PASS") > 0
        return "PASS" if whole and not self.count("INCONCLUSIVE") else "INCONCLUSIVE"

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The failing findings, worst first."""
        return tuple(f for f in self.ranked if f.verdict == "FAIL")

    @property
    def worst(self) -> WorstSlice | None:
        """The worst slice over all specs."""
        slices = self.worst_slices(1)
        return slices[0] if slices else None

    def worst_slices(self, most: int) -> tuple[WorstSlice, ...]:
        """At most ``most`` failing slices, surely the largest failing share first, one for each spec and family."""
        found = [WorstSlice(f, s) for f in self.findings for s in f.slices if s.failing]
        found.sort(key=lambda w: (-w.slice.surely, w.slice.family, w.finding.nodeid))
        return tuple(found[:most])

    def count(self, verdict: Verdict) -> int:
        """How many specs ended with ``verdict``."""
        return sum(f.verdict == verdict for f in self.findings)


def rank(finding: Finding) -> tuple[int, float, str]:
    """Sorts findings worst first: by verdict, then by the worst slice's failing share, few cases discounted."""
    worst = finding.worst
    return VERDICTS.index(finding.verdict), -(worst.surely if worst else 0.0), finding.nodeid
