"""PASS, FAIL or INCONCLUSIVE, and the reason in words: what a spec's search, rate or measurement allows to say."""

from __future__ import annotations

from pytest_rlhfstress.finding import PairsCovered, RateFound, Verdict
from pytest_rlhfstress.running.coverage import claim
from pytest_rlhfstress.running.spec_run import SpecRun

ENOUGH_CASES = 59
"""Fewer cases than this cannot tell a defect in 5 % of them from none (1 - 0.05**(1/n) > 0.05)."""
NOT_ASKED = "no case was judged: the spec's body asked nothing with a case"

Said = tuple[Verdict, str]


def verdict_of(spec: SpecRun, error: BaseException | None, exhausted: bool, coverage: PairsCovered | None) -> Said:
    """The verdict over a spec that has ended, by ``error`` or well; ``exhausted``: there are no more cases to try."""
    if spec.stopped is not None:
        return "INCONCLUSIVE", spec.stopped
    if error is not None:
        return _after_error(spec, error)
    if spec.unanswered:
        return "INCONCLUSIVE", f"{spec.unanswered} cases unanswered: {spec.unanswered_reason}"
    if spec.hearing.nothing:
        return _only_empty(spec)
    if spec.searching:
        return _after_search(spec, exhausted, coverage)
    if spec.attempt.unjudged:
        return "INCONCLUSIVE", spec.attempt.unjudged
    if spec.attempt.answered:
        return "PASS", "held for what it asked (written by hand, not a search)"
    if spec.asks:
        return "INCONCLUSIVE", "model_under_test was never asked"
    return "PASS", "held for what was measured"


def verdict_of_rate(spec: SpecRun, rate: RateFound) -> Said:
    """The verdict over a claimed rate; what got no answer keeps it from passing."""
    if spec.unanswered:
        unanswered = f"{spec.unanswered} prompts unanswered: {spec.unanswered_reason}"
        return ("FAIL" if rate.verdict == "FAIL" else "INCONCLUSIVE"), f"{rate.sentence}; {unanswered}"
    if rate.verdict == "PASS" and spec.hearing.nothing:
        return _only_empty(spec)
    if rate.verdict == "PASS" and not spec.judged:
        return "INCONCLUSIVE", f"{NOT_ASKED}; {rate.sentence}"
    return rate.verdict, rate.sentence


def _only_empty(spec: SpecRun) -> Said:
    return "INCONCLUSIVE", f"all {spec.hearing.replies} replies were empty: no assistant answered"


def _after_error(spec: SpecRun, error: BaseException) -> Said:
    import pytest

    if spec.failure is not None:
        return "FAIL", "a counterexample was found"
    if spec.unanswered:
        return "INCONCLUSIVE", f"{spec.unanswered} cases unanswered: {spec.unanswered_reason}"
    if not spec.searching and isinstance(error, AssertionError | pytest.fail.Exception):
        said = str(error).strip()
        return "FAIL", said.split("\nassert ")[0] if said else "its assertion does not hold"
    return "INCONCLUSIVE", f"{type(error).__name__}: {error}"


def _after_search(spec: SpecRun, exhausted: bool, coverage: PairsCovered | None) -> Said:
    cases = len(spec.judged)
    if cases == 0:
        return "INCONCLUSIVE", NOT_ASKED
    silent = spec.carried_out - spec.examined
    unasked = f"; {silent} more were drawn and the assistant not asked about them" if silent else ""
    if exhausted:
        return "PASS", f"no counterexample: all {cases} cases there are were tried{unasked}"
    if spec.examined < ENOUGH_CASES:
        return (
            "INCONCLUSIVE",
            f"{spec.examined} cases are too few to mean anything; try {ENOUGH_CASES} or more{unasked}",
        )
    if cases < ENOUGH_CASES and spec.rejected > spec.examined:
        return "INCONCLUSIVE", f"{cases} cases are too few to mean anything; its assumptions rejected {spec.rejected}"
    held = f"; {claim(coverage)}" if coverage is not None else ""
    return "PASS", f"no counterexample in {cases} cases (a search, not a rate){unasked}{held}"
