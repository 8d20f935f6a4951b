"""The audit's part of the page: one small function from each instrument's result to its section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.reports.html.section import Section
from pytest_rlhfstress.reports.html.sections.coverage_ledger import coverage_ledger
from pytest_rlhfstress.reports.html.sections.disagreement_bench import disagreement_bench
from pytest_rlhfstress.reports.html.sections.late_bell import late_bell
from pytest_rlhfstress.reports.html.sections.proxy_audit import proxy_audit
from pytest_rlhfstress.reports.html.sections.reward_mirror import reward_mirror
from pytest_rlhfstress.reports.html.sections.safety_brake import safety_brake
from pytest_rlhfstress.reports.html.sections.shadow_zone import shadow_map, shadow_zone
from pytest_rlhfstress.reports.html.sections.stress_route import stress_route
from pytest_rlhfstress.reports.html.sections.uncertainty_meter import uncertainty_meter

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.overview import Audit


def sections_of(audit: Audit) -> tuple[Section, ...]:
    """The shadow map, which joins three instruments, then the nine; those not measured say why."""
    return (
        shadow_map(audit.shadow),
        stress_route(audit.doses, audit.missing),
        reward_mirror(audit.mirror, audit.votes_mirror),
        coverage_ledger(audit.ledger),
        shadow_zone(audit.zone, audit.missing),
        late_bell(audit.bells, audit.sentences["late_bell"]),
        safety_brake(audit.brake, audit.missing),
        disagreement_bench(audit.bench),
        uncertainty_meter(audit.meter),
        proxy_audit(audit.proxies),
    )
