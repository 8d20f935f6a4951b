"""--rlhf-export: minimal failures as preference pairs, and beside them a queue of comparisons for reviewers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rlhfstress.conversation import Case, Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.finding import Finding
from pytest_rlhfstress.reports.export import as_lines, preference_rows, queue_path
from pytest_rlhfstress.reports.files import write_atomically
from pytest_rlhfstress.running.report_files import Written

if TYPE_CHECKING:
    from pytest_rlhfstress.instruments.overview import Audit
    from pytest_rlhfstress.instruments.review_queue import Queued
    from pytest_rlhfstress.running.run import Run
    from pytest_rlhfstress.suites import Suite

QUEUED = 500


def export(file: Path, run: Run, findings: Sequence[Finding], audits: Mapping[str, Audit]) -> Written:
    """Write both files and say what is in them; the queue asks the model under test about each of its messages."""
    exported = preference_rows(findings)
    try:
        write_atomically(file, as_lines(exported.rows))
        notes = [f"export: {file}: {exported.sentence}"]
        rows = _queue(run, findings, audits)
        write_atomically(queue_path(file), as_lines(rows))
        notes.append(f"export: {queue_path(file)}: {len(rows)} comparisons for reviewers, the most doubtful first")
    except OSError as error:
        return Written((f"EXPORT NOT WRITTEN: {file}: {error.strerror or error}",), True)
    except UserError as error:
        return Written((*notes, f"no queue for reviewers: {error}"), False)
    return Written(tuple(notes), False)


def _queue(run: Run, findings: Sequence[Finding], audits: Mapping[str, Audit]) -> list[Mapping[str, object]]:
    """Every failing suite's comparisons, as rows, the first the most worth a reviewer's time."""
    from pytest_rlhfstress.instruments.review_queue import review_queue
    from pytest_rlhfstress.suites import load_suite

    failing: dict[str, list[tuple[str, ...]]] = {}
    for finding in findings:
        if finding.verdict == "FAIL" and finding.counterexample is not None and finding.suite:
            failing.setdefault(finding.suite, []).append(finding.counterexample.ingredients)
    models = {finding.model for finding in findings}
    queued: list[Queued] = []
    for name, ingredients in failing.items():
        suite = load_suite(name, (run.options.rootdir,))
        answer = _answer(run) if models == {run.model.name} else None
        shown = _shown(run, suite, audits.get(name))
        queued += review_queue(suite, ingredients, run.reward, shown, answer, QUEUED, run.options.seed)
    return [one.as_row() for one in sorted(queued, key=lambda one: -one.priority)]


def _answer(run: Run) -> Callable[[Sequence[Case]], list[list[str]]]:
    from pytest_rlhfstress.models import Question

    def answer(cases: Sequence[Case]) -> list[list[str]]:
        answers = run.ask(run.model, [Question(case.messages) for case in cases])
        return [[one.text] if isinstance(one, Reply) else [] for one in answers]

    return answer


def _shown(run: Run, suite: Suite, audit: Audit | None) -> dict[str, int]:
    """How many prompts of each family reviewers saw; of families of the suite nobody named, none."""
    from pytest_rlhfstress.instruments.coverage_ledger import Ledger
    from pytest_rlhfstress.instruments.families import Families
    from pytest_rlhfstress.instruments.pool import families_of

    names = dict.fromkeys(families_of(suite), 0)
    if audit is not None:
        return names | {row.family: row.prompts for row in audit.ledger.families}
    families = Families.of_suite(suite)
    pairs = families.ahead(run.preferences.pairs())
    counted = Ledger.of(pairs, families.of_pair, lambda reply: "")
    return names | {family: distinct.count for family, distinct in counted.prompts.items() if family}
