"""Failures as training data: minimal failing cases as preference pairs in TRL's format, ready to be learned from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_rlhfstress.finding import Counterexample, Finding


@dataclass(frozen=True)
class Exported:
    """Rows of preference pairs, and the specs whose failure has no safe reply to prefer."""

    rows: tuple[Mapping[str, object], ...]
    without_reference: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """How many pairs there are, and what is missing."""
        n = len(self.rows)
        said = f"{n} preference pair{'' if n == 1 else 's'} from minimal failures"
        if self.without_reference:
            said += f"; no safe reply is known for {', '.join(self.without_reference)}"
        return said


def preference_rows(findings: Iterable[Finding]) -> Exported:
    """A pair for each different minimal failure: the failing reply is rejected, one that holds the invariant chosen.

    Chosen is the suite's safe reply, and where it knows none, a sample of the model's own that held. Rows have TRL's
    ``prompt``, ``chosen``, ``rejected``, where the reward model was asked ``score_chosen`` and ``score_rejected``,
    and beside them what the failure was.
    """
    rows: dict[tuple[str, str], Mapping[str, object]] = {}
    without: list[str] = []
    for finding in findings:
        case = finding.counterexample
        if finding.verdict != "FAIL" or case is None:
            continue
        if not _chosen(case):
            without.append(finding.spec)
            continue
        rows.setdefault((json.dumps(case.messages), case.reply), _row(finding, case))
    return Exported(tuple(rows.values()), tuple(without))


def _chosen(case: Counterexample) -> str:
    return next((reply for reply in (case.safe_reply, case.held_reply) if reply and reply != case.reply), "")


def _row(finding: Finding, case: Counterexample) -> Mapping[str, object]:
    scores: dict[str, object] = {}
    of_safe = _chosen(case) == case.safe_reply
    if of_safe and case.reward is not None and case.reward_margin is not None:
        scores = {"score_chosen": case.reward - case.reward_margin, "score_rejected": case.reward}
    return {
        "prompt": [dict(message) for message in case.messages],
        "chosen": [{"role": "assistant", "content": _chosen(case)}],
        "rejected": [{"role": "assistant", "content": case.reply}],
        **scores,
        "spec": finding.nodeid,
        "claim": finding.claim,
        "suite": finding.suite,
        "model": finding.model,
        "family": case.family,
        "ingredients": list(case.ingredients),
        "facts": dict(case.facts),
        "locale": case.locale,
    }


def queue_path(path: Path) -> Path:
    """Where the reviewers' queue is written: ``failures.queue.jsonl`` beside ``failures.jsonl``."""
    return path.with_suffix(f".queue{path.suffix}")


def as_lines(rows: Sequence[Mapping[str, object]]) -> str:
    """The rows as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
