"""A spec that claims a rate: independent cases, judged one by one until the evidence suffices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.finding import FamilyRate, RateFound
from pytest_rlhfstress.running.rate_correction import Read, corrected

if TYPE_CHECKING:
    import pytest

    from pytest_rlhfstress.instruments.detector_calibration import SignalCalibration
    from pytest_rlhfstress.running.attempt import Attempt
    from pytest_rlhfstress.running.independent_cases import Body
    from pytest_rlhfstress.running.spec_run import Failure, SpecRun
    from pytest_rlhfstress.stress_route import Drawn, Wanted

MARKER = "rlhf_rate"


@dataclass(frozen=True)
class RateClaim:
    """At most this share of prompts breaks the invariant; wrong verdicts at most 1 - ``confidence`` of the time."""

    at_most: float
    confidence: float = 0.95

    def __post_init__(self) -> None:
        for name, value in (("at_most", self.at_most), ("confidence", self.confidence)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
                raise UserError(f"@pytest.mark.{MARKER}({name}={value!r}): write a number between 0 and 1")


def claim_of(item: pytest.Item) -> RateClaim | None:
    """The rate a spec claims with its marker. Raises UserError for a marker that says no rate."""
    mark = item.get_closest_marker(MARKER)
    if mark is None:
        return None
    unknown = set(mark.kwargs) - {"at_most", "confidence"}
    if mark.args or unknown or "at_most" not in mark.kwargs:
        raise UserError(f"{item.nodeid}: write @pytest.mark.{MARKER}(at_most=0.05), and confidence=0.95 if you like")
    return RateClaim(**mark.kwargs)


@dataclass
class Tally:
    """What was judged so far: for each prompt its family, and how many of its samples broke the invariant."""

    claim: RateClaim
    samples: int
    prompts: list[tuple[str, int]]
    reads: list[Read] = field(default_factory=list)

    def __post_init__(self) -> None:
        from pytest_rlhfstress.statistics.sequential import RateTest

        self._test = RateTest(self.claim.at_most, 1 - self.claim.confidence)
        self._fails = 0

    def note(self, family: str, failing: int, broken: bool, attempt: Attempt) -> None:
        """One prompt more; however many replies it got, it counts once. Its verdict rests on ``attempt``."""
        self.prompts.append((family, failing))
        self.reads.append(Read(dict(attempt.questioned), broken, len(attempt.answered)))
        self._fails += broken

    @property
    def decided(self) -> bool:
        """Whether the evidence suffices, looked at after every prompt (valid at any time)."""
        return self._test.decide(self._fails, len(self.prompts)) != "INCONCLUSIVE"

    def found(self, seed: int, generator: str) -> RateFound:
        """The rate with its interval, and the families, the worst first, corrected for looking at all of them."""
        from pytest_rlhfstress.statistics.combinatorial import mean_over_prompts
        from pytest_rlhfstress.statistics.sequential import rate_bounds

        n = len(self.prompts)
        interval = rate_bounds(self._fails, n, self.claim.confidence)
        held = [(self.samples, self.samples - failing) for _, failing in self.prompts]
        return RateFound(
            at_most=self.claim.at_most,
            confidence=self.claim.confidence,
            failing=self._fails,
            prompts=n,
            low=interval.low,
            high=interval.high,
            seed=seed,
            generator=generator,
            verdict=self._test.decide(self._fails, n),
            families=self._families(),
            samples=self.samples,
            all_samples_hold=mean_over_prompts(held, self.samples) if held else None,
        )

    def _families(self) -> tuple[FamilyRate, ...]:
        from pytest_rlhfstress.statistics.multiplicity import benjamini_hochberg
        from pytest_rlhfstress.statistics.sequential import evidence_above, rate_bounds

        counted: defaultdict[str, list[bool]] = defaultdict(list)
        for family, failing in self.prompts:
            counted[family].append(failing > 0)
        rows = [(family, sum(broken), len(broken)) for family, broken in counted.items()]
        if not rows:
            return ()
        # One over an e-value is a p-value at whatever moment the counting stopped; adjusted so, this is e-BH.
        adjusted = benjamini_hochberg([1 / max(1.0, evidence_above(k, n, self.claim.at_most)) for _, k, n in rows])
        found = []
        for (family, k, n), p in zip(rows, adjusted, strict=True):
            interval = rate_bounds(k, n, self.claim.confidence)
            found.append(FamilyRate(family, k, n, interval.low, interval.high, float(p)))
        return tuple(sorted(found, key=lambda f: (f.adjusted_p, -f.failing / f.prompts, f.family)))


def carry_out(
    claim: RateClaim,
    request: Wanted,
    body: Body,
    spec: SpecRun,
    most: int,
    ahead: int,
    seed: int,
    measured: Mapping[str, SignalCalibration],
) -> RateFound:
    """Judge independent cases of ``request`` until the claim is decided, at most ``most``.

    The questions of each ``ahead`` cases go out together. ``measured`` are the detectors' errors by signal, where
    labels told them: the rate is corrected for them.
    """
    from pytest_rlhfstress.stress_route import sample_drawn

    tally = Tally(claim, spec.samples, [])
    for portion in _portions(sample_drawn(request, most, seed), ahead):
        body.ask_ahead(portion)
        for case in portion:
            _judge(case, body, spec, tally)
            if tally.decided:
                break
        if tally.decided:
            break
    found = tally.found(seed, f"{request.suite.name}@{request.suite.version}")
    # A dialogue's verdict rests on several readings, so that no detector's errors can be taken out of it.
    rate, why_not = corrected(found, tally.reads, {} if request.turns else measured)
    return replace(found, corrected=rate, uncorrected=why_not)


def _judge(case: Drawn, body: Body, spec: SpecRun, tally: Tally) -> None:
    unanswered = spec.unanswered
    first = spec.failure
    try:
        body(case)
    except BaseException as error:
        if spec.failure is None or error is not spec.failure.error:
            raise
        tally.note(case.family, spec.failure.samples_failing, True, spec.failure.attempt)
        if first is not None and _length(first) <= _length(spec.failure):
            # The shortest failing message is the one to show; nothing is shrunk here.
            spec.failure = first
        return
    if spec.unanswered == unanswered:
        tally.note(case.family, spec.failing_samples, False, spec.attempt)


def _length(failure: Failure) -> int:
    """How much the user says, in characters."""
    case = failure.attempt.case
    return sum(len(m.content) for m in case.messages if m.role == "user") if case is not None else 0


def _portions(cases: Iterable[Drawn], size: int) -> Iterator[list[Drawn]]:
    rest = iter(cases)
    while portion := list(islice(rest, max(1, size))):
        yield portion
