"""What makes a run's verdicts worth less than they look, in sentences: the warnings at its end and in its reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rlhfstress.finding import Finding, Heard
from pytest_rlhfstress.reports.report import Broken
from pytest_rlhfstress.running.verdicts import ENOUGH_CASES

if TYPE_CHECKING:
    from pytest_rlhfstress.suites import Suite

NAMED_AT_MOST = 5
DAY = 86_400.0


@dataclass(frozen=True)
class Circumstances:
    """What a run knows besides its findings; ``unknown`` are sentences about suites that there are not.

    ``calibrated`` are the signals whose detectors were measured in this run, ``baseline_models`` what the baseline
    tested.
    """

    suites: Sequence[Suite] = ()
    skipped: Sequence[Broken] = ()
    deselected: Sequence[str] = ()
    unknown: Sequence[str] = ()
    calibrated: frozenset[str] = frozenset()
    baseline_models: str = ""


def doubts(findings: Sequence[Finding], around: Circumstances) -> tuple[str, ...]:
    """Each reason not to take the verdicts for what they say, what weighs most first."""
    return (*_nothing(findings), *_not_run(around), *_of_the_suites(around), *_of_the_replies(findings, around))


def _nothing(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "NOTHING WAS TESTED: no spec ran to its end"
    elif all(f.verdict == "INCONCLUSIVE" for f in findings):
        yield f"NOTHING WAS SHOWN: none of {len(findings)} specs could be judged"
    silent = [f.spec for f in findings if not f.model and f.verdict == "PASS"]
    if silent:
        yield f"{_specs(silent)} asked no assistant and says nothing about one"


def _not_run(around: Circumstances) -> Iterator[str]:
    for reason, names in _by_reason(around.skipped):
        yield f"{_specs(names)} was skipped and judged nothing: {reason}"
    if around.deselected:
        yield f"{_specs(around.deselected)} was deselected and did not run"
    yield from around.unknown


def _by_reason(skipped: Sequence[Broken]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for one in skipped:
        found.setdefault(one.reason, []).append(one.nodeid.rpartition("::")[2])
    return list(found.items())


def _of_the_suites(around: Circumstances) -> Iterator[str]:
    for suite in around.suites:
        if not suite.entries["duty"]:
            yield f"the suite {suite.name} has no duty: nothing in its messages obliges an assistant to do anything"
        if not suite.signals.names:
            yield f"the suite {suite.name} has no signal: nobody can tell what a reply does"


def _of_the_replies(findings: Sequence[Finding], around: Circumstances) -> Iterator[str]:
    heard = [f.heard for f in findings if f.heard is not None]
    replies = sum(h.replies for h in heard)
    yield from _alike(heard, replies)
    for count, kind in ((sum(h.empty for h in heard), "empty"), (sum(h.cut for h in heard), "cut short")):
        if count:
            yield f"{count} of {replies} replies were {kind}: what they do not show, the assistant may still do"
    yield from _stored(findings, heard)
    yield from _never_shown(heard, around.calibrated)
    models = ", ".join(sorted({f.model for f in findings if f.model}))
    if around.baseline_models and models and around.baseline_models != models:
        yield f"the baseline is of {around.baseline_models}, this run of {models}: its failures excuse none of these"


def _alike(heard: Sequence[Heard], replies: int) -> Iterator[str]:
    texts = {h.sole for h in heard if h.texts == 1}
    if replies >= ENOUGH_CASES and len(texts) == 1 and all(h.texts == 1 for h in heard):
        yield f"all {replies} replies are one and the same text, “{texts.pop()[:80]}”: is that an assistant?"


def _stored(findings: Sequence[Finding], heard: Sequence[Heard]) -> Iterator[str]:
    stored, asked = sum(h.stored for h in heard), sum(f.asked for f in findings)
    oldest = max((h.oldest for h in heard), default=0.0)
    if stored and not asked and oldest > DAY:
        yield (
            f"the assistant was not asked: all replies were recorded by earlier runs, the oldest {_age(oldest)} ago; "
            "--rlhf-record-mode=all asks it anew"
        )


def _never_shown(heard: Sequence[Heard], calibrated: frozenset[str]) -> Iterator[str]:
    asked, shown = Counter[str](), Counter[str]()
    for signal in (s for h in heard for s in h.signals):
        asked[signal.signal] += signal.asked
        shown[signal.signal] += signal.shown
    never = [f"{s} ({n} times)" for s, n in asked.items() if n >= ENOUGH_CASES and not shown[s] and s not in calibrated]
    if never:
        yield (
            f"looked for and never seen in any reply: {', '.join(never)}; either the assistant never does it, or the "
            "detector does not see it: --rlhf-labels=FILE tells"
        )


def replies_line(findings: Sequence[Finding]) -> str:
    """How many replies were asked for now and how many were stored, of what age; "" where there were none."""
    heard = [f.heard for f in findings if f.heard is not None]
    stored = sum(h.stored for h in heard)
    if not stored:
        return ""
    asked = sum(f.asked for f in findings)
    oldest = max(h.oldest for h in heard)
    return f"replies: {asked} asked for now, {stored} from earlier runs, the oldest kept {_age(oldest)} ago"


def _age(seconds: float) -> str:
    for length, unit in ((DAY, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _specs(names: Sequence[str]) -> str:
    short = [name.rpartition("::")[2] for name in names[:NAMED_AT_MOST]]
    more = f" and {len(names) - len(short)} more" if len(names) > len(short) else ""
    return f"{len(names)} spec{'s' * (len(names) != 1)} ({', '.join(short)}{more})"
