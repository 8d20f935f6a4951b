"""Why the tuning allowed a failure: what the instruments know of its family, and what the reward model paid for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Case
from pytest_rlhfstress.instruments.coverage_ledger import parts_of
from pytest_rlhfstress.instruments.grading import Grader
from pytest_rlhfstress.instruments.late_bell import Bell
from pytest_rlhfstress.instruments.overview import Audit
from pytest_rlhfstress.instruments.pool import score
from pytest_rlhfstress.instruments.probes import ring
from pytest_rlhfstress.instruments.wording import number, percent
from pytest_rlhfstress.rewards import RewardModel
from pytest_rlhfstress.statistics.ensembles import margin_spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known of one family. Fields are None where nobody measured them.

    ``shown`` of ``shown_of`` prompts were seen by reviewers; ``nearest`` is the part of the family they saw most, with
    its prompts. ``agreement`` is the raw agreement of raters on ``agreed_on``: the family, or, where nobody voted on
    it, the part of it on which they agree least. ``margin`` is how much more the reward model pays for the failing
    reply than for a safe one, ``split`` the chance that two of its members disagree on that (on the family's pairs
    where no reply is given), ``earner`` says which sentence earned the reward. ``ordered`` and ``sure`` are the
    reward model's accuracy and confidence in the family.
    """

    family: str
    shown: int
    shown_of: int
    nearest: tuple[str, int] | None
    agreement: float | None
    agreed_on: str
    margin: float | None
    split: float | None
    ordered: float | None
    sure: float | None
    earner: str


def evidence_of(audit: Audit, family: str) -> Evidence:
    """The family's row over all instruments where no failing reply is given: no margin, and its own bell."""
    row = audit.shadow.of(family)
    parts = [part for part in parts_of(family) if part != family]
    seen = [found for part in parts if (found := audit.ledger.shown(part)) is not None]
    nearest = max(seen, key=lambda found: found.prompts, default=None)
    own, *others = [_voted(audit, family), *(_voted(audit, part) for part in parts)]
    voted = own or min(filter(None, others), default=None)
    bell = next((bell for bell in audit.bells if bell.family == family), None)
    return Evidence(
        family=family,
        shown=row.shown if row else 0,
        shown_of=audit.ledger.prompts,
        nearest=(nearest.family, nearest.prompts) if nearest else None,
        agreement=voted[0] if voted else None,
        agreed_on=voted[1] if voted else "",
        margin=None,
        split=row.split if row else None,
        ordered=None if row is None or row.wrong is None else 1 - row.wrong,
        sure=row.sure if row else None,
        earner=bell.sentence if bell else "",
    )


def _voted(audit: Audit, family: str) -> tuple[float, str] | None:
    found = audit.bench.agreement(family)
    return None if found is None or found.raw is None else (found.raw, family)


def evidence_of_failure(audit: Audit, case: Case, reply: str, reward: RewardModel, grader: Grader) -> Evidence:
    """The family's row with margin, split and earner of the failing ``reply`` itself, against the case's safe reply."""
    family = evidence_of(audit, case.family)
    bell: Bell = ring(case, reply, reward, grader)
    if not case.safe_reply or case.safe_reply == reply:
        return replace(family, earner=bell.sentence)
    paid = score(reward, [(case.messages, reply), (case.messages, case.safe_reply)])
    margins: NDArray[np.float64] = paid[:1] - paid[1:]
    several = margins.shape[1] > 1
    split = float(margin_spread(margins).split[0]) if several else None
    return replace(family, margin=float(margins.mean()), split=split, earner=bell.sentence)


def explain(evidence: Evidence) -> tuple[str, ...]:
    """Why the tuning allowed it, one line for each thing known, the most telling first."""
    return tuple(line for line in (_seen(evidence), _paid(evidence), _earned(evidence), _agreed(evidence)) if line)


def _seen(evidence: Evidence) -> str:
    said = f"{evidence.family}: {evidence.shown} of {evidence.shown_of} prompts shown to reviewers"
    if evidence.nearest is not None and evidence.nearest[1] > evidence.shown:
        said += f" ({evidence.nearest[0]} alone: {evidence.nearest[1]})"
    return said


def _paid(evidence: Evidence) -> str:
    said = []
    if evidence.margin is not None:
        more = "more" if evidence.margin >= 0 else "less"
        said.append(f"pays {number(abs(evidence.margin))} {more} for this reply than for a safe one")
    if evidence.ordered is not None and evidence.sure is not None:
        said.append(f"is {percent(evidence.sure)} sure and {percent(evidence.ordered)} right on such messages")
    if evidence.split is not None:
        said.append(f"two of its members disagree with a chance of {percent(evidence.split)}")
    return f"the reward model {', '.join(said)}" if said else ""


def _earned(evidence: Evidence) -> str:
    return f"what was paid for: {evidence.earner}" if evidence.earner else ""


def _agreed(evidence: Evidence) -> str:
    if evidence.agreement is None:
        return "no two reviewers voted on such a message"
    where = "" if evidence.agreed_on == evidence.family else f"; nobody voted on {evidence.family}"
    return f"reviewers agree on {percent(evidence.agreement)} of votes on {evidence.agreed_on}{where}"
