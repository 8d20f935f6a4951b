"""The JSON report: written from a Report, read back into one, both by the published schema."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.finding import Finding
from pytest_rlhfstress.reports.comparison import KINDS, Comparison
from pytest_rlhfstress.reports.report import (
    Broken,
    Calibration,
    Instruments,
    Measured,
    Report,
    ReportSection,
    RunFacts,
    SuiteFacts,
)

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

VERSION = 1
"""Of the format; raised when a reader of the former version would read a report wrongly."""
LARGEST = 1_000_000_000
"""Bytes; a larger file is no report of ours."""


def as_json(report: Report) -> str:
    """The report as JSON text, in ASCII, so that no terminal or editor is led astray by what a model said."""
    return json.dumps(_plain(as_document(report)), indent=1, allow_nan=False) + "\n"


def as_document(report: Report) -> dict[str, object]:
    """The report as plain data that the schema describes."""
    worst = report.worst
    document: dict[str, object] = {
        "format": "pytest-rlhfstress-report",
        "version": VERSION,
        "verdict": report.verdict,
        "worst_slice": {"nodeid": worst.finding.nodeid, **asdict(worst.slice)} if worst else None,
        "run": asdict(report.facts),
        "findings": [finding.as_dict() for finding in report.findings],
        "broken": [asdict(broken) for broken in report.broken],
        "warnings": list(report.warnings),
    }
    if report.audited:
        document["audited"] = [_audited(one) for one in report.audited]
    if report.calibration:
        document["calibration"] = {name: asdict(value) for name, value in report.calibration.items()}
    if report.sections:
        document["sections"] = [asdict(section) for section in report.sections]
    if report.comparison is not None:
        document["baseline"] = _baseline(report.comparison)
    return document


def _audited(one: Instruments) -> dict[str, object]:
    plain = asdict(one)
    measured = plain.pop("measured")
    return {**plain, "instruments": measured}


def _baseline(comparison: Comparison) -> dict[str, object]:
    by_kind = {kind.replace(" ", "_"): [c.nodeid for c in comparison.of(kind)] for kind in KINDS if kind != "unchanged"}
    return {"since": comparison.since, **by_kind}


def _plain(value: object) -> object:
    """Lists for tuples, and null for the numbers JSON does not have (NaN, infinities)."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def read_report(path: Path) -> Report:
    """The report in the file ``path``. Raises UserError where it is none, or one of another version."""
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path}: larger than 1 GB, so no JSON report")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: no JSON ({error}); name a file written by --rlhf-report=FILE.json") from None
    check(document, str(path))
    return _report(document)


def check(document: object, where: str) -> None:
    """Raises UserError, naming the place in the document, where it is not what the schema describes."""
    if not isinstance(document, dict) or document.get("format") != "pytest-rlhfstress-report":
        raise UserError(f"{where}: not a report; name a file written by --rlhf-report=FILE.json")
    if document.get("version") != VERSION:
        raise UserError(
            f"{where}: a report of format version {document.get('version')!r}; this release reads version {VERSION}"
        )
    error = next(iter(_validator().iter_errors(document)), None)
    if error is not None:
        raise UserError(f"{where}: {error.json_path}: {error.message[:300]}")


@functools.cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def schema() -> dict[str, object]:
    """The JSON Schema of the report."""
    text = files("pytest_rlhfstress.reports").joinpath("report.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, object] = json.loads(text)
    return loaded


def _report(document: dict[str, object]) -> Report:
    """The value of a document that the schema has passed, without its comparison with a baseline."""
    plain = json.loads(json.dumps(document))
    run = plain["run"]
    run["suites"] = tuple(SuiteFacts(**suite) for suite in run["suites"])
    return Report(
        facts=RunFacts(**run),
        findings=tuple(Finding.from_dict(finding) for finding in plain["findings"]),
        broken=tuple(Broken(**broken) for broken in plain["broken"]),
        warnings=tuple(plain.get("warnings", ())),
        audited=tuple(_instruments(one) for one in plain.get("audited", ())),
        calibration={name: _calibration(value) for name, value in plain.get("calibration", {}).items()},
        sections=tuple(
            ReportSection(s["title"], tuple(s["lines"]), tuple(s["rows"])) for s in plain.get("sections", ())
        ),
    )


def _instruments(plain: dict[str, Any]) -> Instruments:
    measured = {name: Measured(m["sentence"], tuple(m["rows"])) for name, m in plain.pop("instruments").items()}
    return Instruments(**plain | {"measured": measured, "remarks": tuple(plain["remarks"])})


def _calibration(value: dict[str, object]) -> Calibration:
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
    return Calibration(**given)  # type: ignore[arg-type]
