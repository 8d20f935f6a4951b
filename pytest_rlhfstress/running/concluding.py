"""From what happened in a spec to its Finding: the verdict, the counterexample, the slices."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Case, Reply
from pytest_rlhfstress.dialogue import Exchange
from pytest_rlhfstress.finding import Counterexample, Finding, Heard, Marked, PairsCovered, RateFound, Slice
from pytest_rlhfstress.running.attempt import Answered, Attempt
from pytest_rlhfstress.running.spec_run import Failure, SpecRun
from pytest_rlhfstress.running.verdicts import verdict_of, verdict_of_rate

if TYPE_CHECKING:
    import pytest

Scorer = Callable[[Sequence[Mapping[str, str]], Sequence[str]], "tuple[str, Sequence[float]]"]


@dataclass(frozen=True)
class Context:
    """What concluding a spec needs to know of the run."""

    suite: str
    model: str
    seed: int
    score: Scorer
    explain: Callable[[Case, str], tuple[str, ...]]
    rate: RateFound | None = None
    coverage: PairsCovered | None = None
    flags: tuple[str, ...] = ()
    heard: Heard | None = None
    exhausted: bool = False


def conclude(item: pytest.Item, spec: SpecRun, error: BaseException | None, context: Context) -> Finding:
    """The Finding of a spec that has ended, by ``error`` or well."""
    if context.rate is not None:
        verdict, reason = verdict_of_rate(spec, context.rate)
    else:
        verdict, reason = verdict_of(spec, error, context.exhausted, context.coverage)
    failure = _failure(spec, error) if verdict == "FAIL" else None
    return Finding(
        nodeid=item.nodeid,
        spec=item.name,
        claim=_claim(item),
        suite=context.suite,
        model=context.model,
        seed=context.seed,
        cases=len(spec.judged),
        asked=spec.asked,
        verdict=verdict,
        reason=reason,
        seconds=time.monotonic() - spec.started,
        slices=_slices(spec),
        unanswered=spec.unanswered,
        counterexample=_counterexample(item, failure, context) if failure else None,
        rate=context.rate,
        coverage=context.coverage,
        flags=context.flags,
        heard=context.heard,
    )


def _failure(spec: SpecRun, error: BaseException | None) -> Failure | None:
    """What broke the invariant: the search's last failure, or what a spec without a search asked by hand."""
    by_hand = error is not None and bool(spec.attempt.answered)
    return spec.failure or (Failure(spec.attempt, error, 1, 1) if by_hand and error is not None else None)


def _claim(item: pytest.Item) -> str:
    text = (getattr(getattr(item, "obj", None), "__doc__", "") or "").strip().split("\n\n")[0]
    return " ".join(text.split()) or item.name.removeprefix("test_").replace("_", " ")


def _slices(spec: SpecRun) -> tuple[Slice, ...]:
    judged = spec.judged
    found = [Slice(family, count, judged.failing[family]) for family, count in judged.tried.items()]
    return tuple(sorted(found, key=lambda s: (-s.share, -s.failing, s.family)))


def _counterexample(item: pytest.Item, failure: Failure, context: Context) -> Counterexample | None:
    attempt = failure.attempt
    case = attempt.case
    answered = attempt.answered_of(case)
    if answered is None:
        return _without_reply(item, failure, case) if case is not None else None
    exchange = attempt.exchange
    twins = (e for e in attempt.answered if e.case is not None and e.case != case)
    twin = next(twins, None) if exchange is None else None
    missing, marked = _signals(attempt, answered)
    reply = answered.reply.text if exchange is None else _told(answered.reply)
    safe = case.safe_reply if case else ""
    held = failure.held.answered_of(case) if failure.held else None
    said = [{"role": m.role, "content": m.content} for m in answered.messages if m.role != "tool" and m.content]
    name, values = context.score(said, [reply, safe] if safe else [reply])
    assertion, where = _assertion(item, failure.error)
    return replace(
        _of_case(case),
        message=case.text if case else answered.messages[-1].content,
        messages=tuple(m.as_dict() for m in answered.messages),
        reply=reply,
        marked=marked,
        missing=missing if exchange is None else (),
        twin_message=twin.case.text if twin and twin.case else "",
        twin_reply=twin.reply.text if twin else "",
        held_reply=held.reply.text if held else "",
        reward=values[0] if values else None,
        reward_margin=values[0] - values[1] if len(values) > 1 else None,
        reward_model=name,
        samples_failing=failure.samples_failing,
        samples=failure.samples,
        assertion=assertion,
        where=where,
        explanation=context.explain(case, reply) if case else (),
        turns=max(1, sum(m.role == "user" for m in answered.messages)),
        evidence=_evidence(exchange) if exchange is not None else (),
    )


def _of_case(case: Case | None) -> Counterexample:
    """A counterexample as far as its case alone tells: nothing of what was written by hand."""
    if case is None:
        return Counterexample(message="", messages=(), ingredients=(), facts={}, locale="", family="", reply="")
    return Counterexample(
        message=case.text,
        messages=tuple(m.as_dict() for m in case.messages),
        ingredients=tuple(map(str, case.ingredients)),
        phrases=tuple(i.phrase for i in case.ingredients),
        facts=dict(case.facts),
        locale=case.locale,
        family=case.family,
        reply="",
        safe_reply=case.safe_reply,
        turns=max(1, sum(m.role == "user" for m in case.messages)),
    )


def _told(reply: Reply) -> str:
    """What the assistant wrote last, and the calls it would not end with."""
    return "\n".join([*([reply.text] if reply.text else []), *(f"{c.name}({c.arguments})" for c in reply.tool_calls)])


def _evidence(exchange: Exchange) -> tuple[str, ...]:
    """The broken rules and where they break."""
    return tuple(line for found in exchange.judged if not found for line in (found.rule, *found.evidence))


def _without_reply(item: pytest.Item, failure: Failure, case: Case) -> Counterexample:
    """The case of a spec that looked at the case alone."""
    assertion, where = _assertion(item, failure.error)
    nobody = "nobody was asked for a reply"
    return replace(_of_case(case), reward_model=nobody, assertion=assertion, where=where, answered=False)


def _signals(attempt: Attempt, answered: Answered) -> tuple[tuple[str, ...], tuple[Marked, ...]]:
    """The signals the body missed, and the spans of those it asked for and saw."""
    missing, marked = [], []
    for signal in dict.fromkeys(name for name, _ in tuple(attempt.questioned)):
        spans = answered.reply.evidence(signal)
        if not spans:
            missing.append(signal)
        marked += [Marked(signal, s.start, s.end) for s in spans]
    return tuple(missing), tuple(sorted(marked, key=lambda m: (m.start, m.end)))


def _assertion(item: pytest.Item, error: BaseException) -> tuple[str, str]:
    """The line of the spec that broke and where it stands."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(item.path)]
    if not frames:
        return str(error).splitlines()[0] if str(error) else type(error).__name__, ""
    last = frames[-1]
    said = str(error).splitlines()[0] if str(error) and not isinstance(error, AssertionError) else ""
    return " ".join(filter(None, [last.line or "", said])), f"{item.path}:{last.lineno}"
