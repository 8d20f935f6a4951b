"""Compare JSON reports: ``python -m pytest_rlhfstress.reports.compare a.json b.json -o out.html``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.reports.comparison import compare
from pytest_rlhfstress.reports.files import write_atomically
from pytest_rlhfstress.reports.html.comparison_page import comparison_as_html
from pytest_rlhfstress.reports.json_report import read_report
from pytest_rlhfstress.reports.plain_text import shown, wrapped
from pytest_rlhfstress.reports.report import Report


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the comparison; the exit status is 0, or 2 where a report cannot be read or the page not be written."""
    parser = argparse.ArgumentParser(
        prog="python -m pytest_rlhfstress.reports.compare",
        description="Two or more JSON reports of pytest-rlhfstress side by side, as one HTML file.",
    )
    parser.add_argument("reports", nargs="+", type=Path, metavar="FILE.json", help="the earliest first")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.html")
    given = parser.parse_args(arguments)
    if len(given.reports) < 2:
        parser.error("name two reports at least")
    try:
        named = list(zip(_names(given.reports), map(read_report, given.reports), strict=True))
        write_atomically(given.output, comparison_as_html(named))
    except UserError as error:
        print(shown(str(error)), file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{given.output}: cannot be written: {error.strerror or error}", file=sys.stderr)
        return 2
    print("\n".join([*_said(named), f"comparison: {given.output}"]))
    return 0


def _names(paths: Sequence[Path]) -> list[str]:
    """What each report is called: its file's name, the whole path where two have the same."""
    stems = Counter(path.stem for path in paths)
    return [path.stem if stems[path.stem] == 1 else str(path) for path in paths]


def _said(named: Sequence[tuple[str, Report]]) -> list[str]:
    (first, before), (last, now) = named[0], named[-1]
    changed = compare(before.facts.started, before.findings, now.findings)
    lines = [f"{first} to {last}: {changed.sentence}"]
    for kind in ("newly failing", "fixed"):
        lines += [f"  {kind}: {change.claim}" for change in changed.changes if change.kind == kind]
    return [part for line in lines for part in wrapped(shown(line), hang="    ")]


if __name__ == "__main__":
    sys.exit(main())
