"""The nine instruments as fixtures: what each measured over the suite of the file that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from pytest_rlhfstress.running.current import current

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.coverage_ledger import LedgerReport
    from pytest_rlhfstress.instruments.disagreement_bench import BenchReport
    from pytest_rlhfstress.instruments.dose_response import Doses
    from pytest_rlhfstress.instruments.late_bell import Bell
    from pytest_rlhfstress.instruments.overview import Audit
    from pytest_rlhfstress.instruments.proxy_audit import Audited
    from pytest_rlhfstress.instruments.reward_mirror import Mirror
    from pytest_rlhfstress.instruments.safety_brake import Brake
    from pytest_rlhfstress.instruments.shadow_zone import Zone
    from pytest_rlhfstress.instruments.uncertainty_meter import Meter

T = TypeVar("T")


def audit_of(request: pytest.FixtureRequest) -> Audit:
    """The audit of the asking file's suite; the test is skipped where nothing is known of the tuning."""
    from pytest_rlhfstress.running.auditing import NothingToAudit
    from pytest_rlhfstress.running.run import suite_of_file

    run = current(request.config)
    try:
        return run.auditing.measure(run.audited(request, suite_of_file(request.path, run)))
    except NothingToAudit as reason:
        pytest.skip(str(reason))


def measured(audit: Audit, instrument: str, result: T | None) -> T:
    """What the instrument found; where it could not be used, the test is skipped with the reason."""
    if result is None:
        pytest.skip(f"{instrument} was not measured: {audit.missing.get(instrument, 'nothing to measure')}")
    return result


@pytest.fixture(scope="module")
def rlhf_audit(request: pytest.FixtureRequest) -> Audit:
    """All nine instruments over the suite of this file, measured once."""
    return audit_of(request)


@pytest.fixture(scope="module")
def stress_route(rlhf_audit: Audit) -> Doses:
    """What each change to an urgent message does to the assistant's replies, dose by dose."""
    return measured(rlhf_audit, "stress_route", rlhf_audit.doses)


@pytest.fixture(scope="module")
def reward_mirror(rlhf_audit: Audit) -> Mirror:
    """Where the learned reward parts from what is wanted, family by family."""
    return rlhf_audit.mirror


@pytest.fixture(scope="module")
def coverage_ledger(rlhf_audit: Audit) -> LedgerReport:
    """Which prompt families and answers reviewers ever saw, alone and together."""
    return rlhf_audit.ledger


@pytest.fixture(scope="module")
def shadow_zone(rlhf_audit: Audit) -> Zone:
    """Where the reward model guesses outside what it was trained on."""
    return measured(rlhf_audit, "shadow_zone", rlhf_audit.zone)


@pytest.fixture(scope="module")
def late_bell(rlhf_audit: Audit) -> tuple[Bell, ...]:
    """Which sentence of a reply earned the reward, for the five darkest families."""
    return measured(rlhf_audit, "late_bell", rlhf_audit.bells or None)


@pytest.fixture(scope="module")
def safety_brake(rlhf_audit: Audit) -> Brake:
    """What happens to proxy, worth and violations as optimisation pressure rises."""
    return measured(rlhf_audit, "safety_brake", rlhf_audit.brake)


@pytest.fixture(scope="module")
def disagreement_bench(rlhf_audit: Audit) -> BenchReport:
    """Where reviewers disagreed, and whether the reward model hides it."""
    return rlhf_audit.bench


@pytest.fixture(scope="module")
def uncertainty_meter(rlhf_audit: Audit) -> Meter:
    """Whether the reward model's confidence is calibrated, and knows when it does not know."""
    return rlhf_audit.meter


@pytest.fixture(scope="module")
def proxy_audit(rlhf_audit: Audit) -> Audited:
    """Which hidden proxies the reward model pays for, content held fixed."""
    return rlhf_audit.proxies
