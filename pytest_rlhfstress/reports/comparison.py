"""What changed from one report to another: newly failing, fixed, still failing, spec by spec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_rlhfstress.finding import Finding

Kind = Literal["newly failing", "still failing", "no longer judged", "fixed", "new", "unchanged"]
KINDS: tuple[Kind, ...] = ("newly failing", "still failing", "no longer judged", "fixed", "new", "unchanged")
"""From what wants a look first to what wants none."""


@dataclass(frozen=True)
class Change:
    """One spec in two reports; None where a report does not have it."""

    nodeid: str
    claim: str
    kind: Kind
    before: Finding | None
    now: Finding | None


@dataclass(frozen=True)
class Comparison:
    """Every spec of two reports, what wants a look first. ``since`` is when the earlier run began."""

    since: str
    changes: tuple[Change, ...]

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(c for c in self.changes if c.kind == kind)

    def kind_of(self, nodeid: str) -> Kind | None:
        """What became of a spec."""
        return next((c.kind for c in self.changes if c.nodeid == nodeid), None)

    @property
    def sentence(self) -> str:
        """``1 newly failing, 2 fixed``, without what did not change."""
        counts = [(kind, len(self.of(kind))) for kind in KINDS if kind != "unchanged"]
        return ", ".join(f"{count} {kind}" for kind, count in counts if count) or "nothing changed"


def compare(since: str, before: Sequence[Finding], now: Sequence[Finding]) -> Comparison:
    """How the findings ``now`` differ from those ``before``, of a run that began at ``since`` (ISO 8601)."""
    earlier = {f.nodeid: f for f in before}
    later = {f.nodeid: f for f in now}
    changes = [
        Change(
            nodeid, found.claim, _kind(earlier.get(nodeid), later.get(nodeid)), earlier.get(nodeid), later.get(nodeid)
        )
        for nodeid, found in {**earlier, **later}.items()
    ]
    changes.sort(key=lambda c: (KINDS.index(c.kind), c.nodeid))
    return Comparison(since, tuple(changes))


def _kind(before: Finding | None, now: Finding | None) -> Kind:
    failed = before is not None and before.verdict == "FAIL"
    if now is not None and now.verdict == "FAIL":
        return "still failing" if failed else "newly failing"
    if now is None or now.verdict == "INCONCLUSIVE":
        # A failure that nobody looked at again is not fixed.
        judged = before is not None and before.verdict != "INCONCLUSIVE"
        return "no longer judged" if judged else "unchanged"
    if before is None:
        return "new"
    return "fixed" if failed else "unchanged"
