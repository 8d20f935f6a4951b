"""A failing spec on one screen: the smallest message, the reply with the words marked, what it was paid."""

from __future__ import annotations

import re
import shlex
import textwrap

from pytest_rlhfstress.finding import Counterexample, Finding, Marked
from pytest_rlhfstress.reports.plain_text import WIDTH, printable, shown, wrapped
from pytest_rlhfstress.reports.transcript import transcript

MOST_REPLY = 1200
NOBODY_ASKED = "no reply: the spec looked at the case alone and asked no assistant"
NO_TEXT = "(an empty reply)"


def failure_card(finding: Finding) -> str:
    """The text that stands in the terminal and in the JUnit file for a failing spec."""
    case = finding.counterexample
    if case is None:
        return "\n".join([*_line(f"{finding.verdict}  {finding.claim}", "  "), *_line(f"  {finding.reason}")])
    said = transcript(case.messages) if case.is_dialogue else _bubble(shown(case.message))
    lines = [*_line(f"{finding.verdict}  {finding.claim}", "  "), "", *_headline(case), *said]
    if case.twin_message:
        lines += ["", "its plain twin, which the same invariant compares it with", *_bubble(shown(case.twin_message))]
        lines += ["answered", *_bubble(shown(case.twin_reply, MOST_REPLY))]
    if case.answered:
        lines += ["", *_line(f"{_repeats(case)}{finding.model} answered"), *_bubble(marked_text(case))]
        lines += [part for line in case.evidence for part in _line(f"  {line}", "  ")]
        lines += [*([] if case.is_dialogue else _signals(case)), "", *_line(_reward(case), "        ")]
    else:
        lines += ["", NOBODY_ASKED]
    lines += [part for at, line in enumerate(case.explanation) for part in _line(_why(at) + line, "     ")]
    lines += [*_line(f"broken: {case.assertion}", "        "), f"   at: {shown(case.where)}"]
    lines += [f"again: {shown(reproduction(finding))}"]
    lines.append(f"       {finding.cases} cases tried, {finding.asked} requests, seed {finding.seed}")
    return "\n".join(lines)


def _line(text: str, hang: str = "") -> list[str]:
    return wrapped(shown(text), hang=hang)


def _why(at: int) -> str:
    return "why: " if at == 0 else "     "


def reproduction(finding: Finding) -> str:
    """The command that gives the same counterexample again, safe to paste into a shell."""
    case = finding.counterexample
    name, stream = finding.spec.split("[")[0], re.search(r"stream-\d+-of-(\d+)", finding.spec)
    chosen = f"{name} and {stream[0]}" if stream else name
    named = any(flag.startswith("--rlhf-suite=") for flag in finding.flags)
    suite = [] if named else [f"--rlhf-suite={finding.suite}"]
    words = ["pytest", *suite, "-k", chosen, f"--rlhf-seed={finding.seed}"]
    if stream:
        words.append(f"--rlhf-streams={stream[1]}")
    if finding.model not in ("clinic", ""):
        words.append(f"--rlhf-model={finding.model}")
    if case is not None and case.samples > 1:
        words.append(f"--rlhf-samples={case.samples}")
    words += finding.flags
    return shlex.join(printable(word, kept="") for word in words)


def marked_text(case: Counterexample, most: int = MOST_REPLY) -> str:
    """The reply with the words that show the questioned signals between » and «."""
    if not case.reply:
        return NO_TEXT
    text, at = "", 0
    for start, end in marked_spans(case.marked):
        text += f"{case.reply[at:start]}»{case.reply[start:end]}«"
        at = end
    return shown(text + case.reply[at:], most)


def marked_spans(marked: tuple[Marked, ...]) -> list[tuple[int, int]]:
    """Where the marks lie, overlapping ones joined, in order: (start, end) pairs of characters."""
    spans: list[tuple[int, int]] = []
    for mark in sorted(marked, key=lambda m: (m.start, m.end)):
        if spans and mark.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], mark.end))
        else:
            spans.append((mark.start, mark.end))
    return spans


def _headline(case: Counterexample) -> list[str]:
    facts = ", ".join(f"{k}={v}" for k, v in case.facts.items())
    count = len(case.ingredients)
    mixed = " + ".join(case.ingredients) or "nothing mixed in"
    what = f"dialogue: {case.turns} turn{'s' * (case.turns != 1)}, " if case.is_dialogue else "message: "
    said = f"smallest {what}{count} ingredient{'s' * (count != 1)}: {mixed}  ({facts}, locale={case.locale})"
    return _line(said, "  ")


def _bubble(text: str) -> list[str]:
    lines = []
    for line in text.splitlines() or [""]:
        lines += textwrap.wrap(line, WIDTH - 8, break_long_words=True, replace_whitespace=False) or [""]
    return [f"  | {line}" for line in lines]


def _repeats(case: Counterexample) -> str:
    return f"in {case.samples_failing} of {case.samples} samples " if case.samples > 1 else ""


def _signals(case: Counterexample) -> list[str]:
    first = {m.signal: case.reply[m.start : m.end] for m in reversed(case.marked)}
    said = [f"  shows {name}: »{shown(text, 80)}«" for name, text in reversed(first.items())]
    said += [f"  does not show {name}" for name in case.missing]
    return [part for line in said for part in _line(line, "  ")]


def _reward(case: Counterexample) -> str:
    if case.reward is None:
        return f"reward: {case.reward_model or 'no reward model was asked'}"
    line = f"reward: {case.reward:+.2f} from {case.reward_model}"
    if case.reward_margin is None:
        return line + "; the suite has no safe reply to compare with"
    relation = "more" if case.reward_margin > 0 else "less"
    return f"{line}; {abs(case.reward_margin):.2f} {relation} than for a safe reply"
