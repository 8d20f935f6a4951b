"""A run on GitHub Actions: the step's summary in Markdown, and annotations beside the specs that broke."""

from __future__ import annotations

import re
from html import escape

from pytest_rlhfstress.finding import Counterexample, Finding
from pytest_rlhfstress.reports.failure_card import NO_TEXT, NOBODY_ASKED, marked_spans, reproduction
from pytest_rlhfstress.reports.plain_text import KEPT, printable, shortened
from pytest_rlhfstress.reports.report import CAVEAT, Report
from pytest_rlhfstress.reports.transcript import transcript

MOST_CASES = 20
MOST_ROWS = 150
MOST_TEXT = 1000
MOST_DIALOGUE = 4000
MOST_CLAIM = 240
MOST_ANNOTATED = 400
MOST_ANNOTATIONS = 10
"""GitHub shows no more of one kind for a step."""
# All of ASCII's but , ' " ; ? / %, which mean nothing to Markdown.
_PUNCTUATION = re.compile(r"[!#$&()*+.:<=>@\[\\\]^_`{|}~-]")


def step_summary(report: Report) -> str:
    """The run in Markdown, for ``GITHUB_STEP_SUMMARY``; some tens of kilobytes at most of the 1 MiB allowed."""
    lines = [f"## {report.verdict}: {_headline(report)}", ""]
    if not report.facts.model_configured:
        lines += ["> **No model was configured:** the embedded clinic was tested, not your assistant.", ""]
    if not report.facts.complete:
        lines += ["> **The run stopped early:** what it did not get to is not shown here.", ""]
    lines += [line for warning in report.warnings for line in (f"> {markdown(warning, MOST_TEXT)}", "")]
    if report.broken:
        lines += [f"> **{len(report.broken)} tests broke** before judging anything.", ""]
    if report.comparison is not None:
        lines += [f"Since the baseline of {markdown(report.comparison.since[:10])}: {report.comparison.sentence}.", ""]
    worst = report.worst
    if worst is not None:
        share = f"{worst.slice.failing} of {worst.slice.cases} cases tried break"
        lines += [f"Worst slice: **{markdown(worst.slice.family)}**, {share} “{markdown(worst.finding.claim)}”", ""]
    lines += _table(report)
    shown = [f for f in report.failing if f.counterexample is not None]
    for finding in shown[:MOST_CASES]:
        lines += _case(finding)
    if len(shown) > MOST_CASES:
        lines += [f"... and {len(shown) - MOST_CASES} more in the report files.", ""]
    lines += [f"<sub>model {markdown(report.facts.model)}, seed {report.facts.seed}. {CAVEAT}</sub>", ""]
    return "\n".join(lines)


def _headline(report: Report) -> str:
    count, total = len(report.failing), len(report.findings)
    if count:
        return f"{count} of {total} invariants broken"
    return f"none of {total} invariants broken in this search"


def _table(report: Report) -> list[str]:
    if not report.findings:
        return []
    lines = ["| verdict | invariant | worst slice | smallest message mixes |", "|---|---|---|---|"]
    for finding in report.ranked[:MOST_ROWS]:
        worst, case = finding.worst, finding.counterexample
        slice_said = f"{markdown(worst.family)}: {worst.failing} of {worst.cases}" if worst else ""
        mixed = markdown(" + ".join(case.ingredients) or "nothing") if case else markdown(finding.reason[:200])
        lines.append(f"| {finding.verdict} | {markdown(finding.claim)} | {slice_said} | {mixed} |")
    return [*lines, ""]


def _case(finding: Finding) -> list[str]:
    case = finding.counterexample
    assert case is not None
    paid = ""
    if case.reward is not None:
        paid = f"Reward {case.reward:+.2f} from {markdown(case.reward_model)}"
        if case.reward_margin is not None:
            relation = "more" if case.reward_margin > 0 else "less"
            paid += f", {abs(case.reward_margin):.2f} {relation} than for a safe reply"
    return [
        f"<details><summary>{markdown(finding.claim)}</summary>",
        "",
        _block(_asked(case), MOST_DIALOGUE if case.is_dialogue else MOST_TEXT),
        _block_with_marks(case) if case.answered else _block(NOBODY_ASKED),
        *([_block("\n".join(case.evidence))] if case.evidence else []),
        *(["", paid + "."] if paid else []),
        *(
            f"\n{markdown(line, MOST_TEXT)}"
            for line in (*case.explanation, *([finding.rate.sentence] if finding.rate else []))
        ),
        _block(reproduction(finding)),
        "",
        "</details>",
        "",
    ]


def markdown(text: str, most: int = MOST_CLAIM) -> str:
    """``text`` that Markdown shows as it is: each punctuation mark as a character reference, in one line."""
    line = " ".join(printable(shortened(text, most)).split())
    return _PUNCTUATION.sub(lambda m: f"&#{ord(m[0])};", line)


def _asked(case: Counterexample) -> str:
    """What the user said; of a dialogue everything before the last reply, the calls of tools too."""
    return "\n".join(transcript(case.messages)) if case.is_dialogue else f"user: {case.said}"


def _block(text: str, most: int = MOST_TEXT) -> str:
    """A block of text in which Markdown is not read; nothing in it can end it."""
    return f"<pre>{_raw(shortened(text, most))}</pre>"


def _block_with_marks(case: Counterexample) -> str:
    if not case.reply:
        return _block(f"assistant: {NO_TEXT}")
    said, at = "", 0
    for start, end in marked_spans(case.marked):
        said += f"{_raw(case.reply[at:start])}<b>{_raw(case.reply[start:end])}</b>"
        at = end
    return f"<pre>assistant: {said}{_raw(shortened(case.reply[at:], MOST_TEXT))}</pre>"


def _raw(text: str) -> str:
    return escape(printable(text, KEPT))


def workflow_commands(report: Report, workspace: str = "") -> list[str]:
    """The commands that mark what broke at the spec's own line, whose path GitHub wants from ``workspace`` on."""
    wanted = [f for f in report.ranked if f.verdict != "PASS"]
    return [_annotation(finding, workspace) for finding in wanted[:MOST_ANNOTATIONS]]


def _annotation(finding: Finding, workspace: str) -> str:
    where = finding.counterexample.where if finding.counterexample is not None else ""
    file, _, line = where.removeprefix(f"{workspace}/").rpartition(":")
    place = f"file={_property(file)},line={_property(line)}," if file else ""
    kind = "error" if finding.verdict == "FAIL" else "warning"
    title = _property(f"{finding.verdict}: {finding.claim}")
    return f"::{kind} {place}title={title}::{_message(_said(finding))}"


def _said(finding: Finding) -> str:
    case = finding.counterexample
    if case is None:
        return finding.reason
    mixed = " + ".join(case.ingredients) or "nothing mixed in"
    asked = shortened(_asked(case), MOST_TEXT if case.is_dialogue else MOST_ANNOTATED)
    reply = f"assistant: {shortened(case.reply, MOST_ANNOTATED) or NO_TEXT}" if case.answered else NOBODY_ASKED
    return "\n".join(
        [mixed, asked, reply, *([shortened("\n".join(case.evidence), MOST_TEXT)] if case.evidence else [])]
    )


def _message(text: str) -> str:
    return printable(text, "\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(shortened(text, MOST_ANNOTATED)).replace(":", "%3A").replace(",", "%2C")
