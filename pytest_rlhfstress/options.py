"""Command line and ini, turned into one frozen, typed Options value; nobody else reads pytest's configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from pytest_rlhfstress.errors import UserError, nearest

if TYPE_CHECKING:
    import pytest

GROUP = "rlhfstress: behavioural stress tests of assistants tuned on human feedback"
DEFAULT_CASES = 500
DEFAULT_STRENGTH = 2
RecordMode = Literal["once", "none", "all"]
RECORD_MODES = ("once", "none", "all")
FAIL_ON = ("any", "new")


@dataclass(frozen=True)
class Options:
    """Everything the plugin was told."""

    suites: tuple[str, ...]
    model: str
    model_configured: bool
    rewards: tuple[str, ...]
    allowed: tuple[str, ...]
    preferences: str | None
    preference_fields: str | None
    cases: int
    cases_configured: bool
    streams: int | str
    samples: int
    concurrency: int | None
    max_calls: int | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    timeout: int | None
    time_limit: int | None
    seed: int
    strength: int
    guided: int
    store: str | None
    record_mode: RecordMode
    reports: tuple[str, ...]
    export: str | None
    labels: str | None
    baseline: str | None
    fail_on: str
    verbosity: int
    rootdir: Path

    @property
    def selecting(self) -> bool:
        """Whether a suite was selected, so that only specs using it run."""
        return bool(self.suites)


@dataclass(frozen=True)
class Errand:
    """What is answered at once, and no test run for it: a list of suites, a ``new`` suite."""

    lists: bool
    listed: tuple[str, ...]
    """The suites named on the command line: those of an ini file are the ones that run, and do not shorten the list."""
    new: str | None


@dataclass(frozen=True)
class _Declared:
    name: str
    help: str
    metavar: str
    many: bool = False


_DECLARED = (
    _Declared("suite", "run the specs of this suite, and yours that use it: a shipped suite's name or the path of "
              "a folder with suite.yaml (repeatable). Ordinary tests are then not run.", "NAME|PATH", many=True),
    _Declared("model", "the assistant under test: package.module:callable, openai:MODEL[@BASE_URL], hf:PATH, "
              "litellm:PROVIDER/MODEL, or the embedded clinic (clinic, clinic:beta=1, clinic:reference, "
              "clinic:covered, clinic:also=PAIRS.jsonl). Default: clinic", "SPEC"),
    _Declared("reward", "the reward model: clinic, package.module:callable, hf:PATH, an http(s) endpoint, "
              "judge:MODEL; several make an ensemble (repeatable). Default: the clinic's", "SPEC", many=True),
    _Declared("allow", "a function or model that a suite's YAML may name as a detector or judge: what a suite from "
              "elsewhere names is not called (repeatable)", "SPEC", many=True),
    _Declared("preferences", "preference data the instruments audit: a JSONL, CSV or Parquet file or a Hugging Face "
              "dataset folder. Default: the clinic's votes, for the clinic", "PATH"),
    _Declared("preference-fields", "which field of the preference data plays which part, where its names are not "
              "the usual ones: prompt=instruction,chosen=good,rejected=bad", "FIELDS"),
    _Declared("cases", f"how many cases each spec tries. Default: {DEFAULT_CASES}", "N"),
    _Declared("streams", "split each spec into this many tests, each with its share of the cases, for xdist's workers "
              "or many machines to share; auto: one for each worker. Default: 1", "N|auto"),
    _Declared("samples", "replies asked per question; an invariant must hold for each. Default: 1", "K"),
    _Declared("concurrency", "requests in flight at once. Default: what suits the model", "C"),
    _Declared("max-calls", "stop asking after this many requests", "N"),
    _Declared("requests-per-minute", "ask no faster than this", "N"),
    _Declared("tokens-per-minute", "ask no faster than this, by an estimate of four characters a token", "N"),
    _Declared("timeout", "seconds one request may take before it is tried again. Default: 60", "SECONDS"),
    _Declared("time-limit", "stop asking this many seconds after the first request", "SECONDS"),
    _Declared("seed", "seed of the cases. Default: 0", "N"),
    _Declared(
        "strength",
        "the search begins with cases in which every pair (2, the default) or triple (3) of compatible ingredients "
        "occurs, as far as --rlhf-cases allows",
        "2|3",
    ),
    _Declared("guided", "begin each spec with N cases on which the reward model surely pays more for a reply that "
              "overlooks what matters than for a safe one. Default: 0", "N"),
    _Declared("store", "where replies are kept: a file or redis://... . Default: in pytest's cache", "PATH|URL"),
    _Declared("record-mode", "once: ask what the store lacks (default); none: never ask, name what is missing; "
              "all: ask everything anew", "MODE"),
    _Declared("report", "write a report (FILE.html or FILE.json, repeatable)", "FILE", many=True),
    _Declared("export", "write minimal failures as preference pairs in TRL's format, and beside them a queue of "
              "comparisons for reviewers", "FILE.jsonl"),
    _Declared("labels", "measure the suite's detectors on replies that people labelled: a JSONL or CSV file of rows "
              "prompt, reply, signal, label", "FILE"),
    _Declared("baseline", "say what changed since this JSON report of an earlier run", "FILE.json"),
    _Declared("fail-on", "any: every broken invariant fails the run (default); new: one that the baseline has failing "
              "too is reported as an expected failure", "any|new"),
)  # fmt: skip


def add_options(parser: pytest.Parser) -> None:
    """Declare each option on the command line and as an ini key of the same name."""
    group = parser.getgroup("rlhfstress", GROUP)
    for option in _DECLARED:
        dest = _dest(option.name)
        kind: Literal["linelist", "string"] = "linelist" if option.many else "string"
        group.addoption(
            f"--rlhf-{option.name}",
            dest=dest,
            metavar=option.metavar,
            default=None,
            action="append" if option.many else "store",
            help=f"{option.help} (ini: {dest})",
        )
        parser.addini(
            dest,
            help=f"the same as --rlhf-{option.name}: {option.help.split(':')[0].split('.')[0]}",
            type=kind,
            default=[] if option.many else "",
        )

    group.addoption(
        "--rlhf-list",
        dest="rlhf_list",
        action="store_true",
        help="print the suites there are with their families, ingredients, signals and counts, and run nothing; with "
        "--rlhf-suite on the command line, of those only",
    )
    group.addoption(
        "--rlhf-new",
        dest="rlhf_new",
        metavar="NAME",
        default=None,
        help="write a commented, working suite into the new folder NAME, to start from, and run nothing",
    )


def _dest(name: str) -> str:
    return "rlhf_" + name.replace("-", "_")


def options_from(config: pytest.Config) -> Options:
    """The options of this run, the command line before the ini file. Raises UserError for a bad value."""
    read = _Reader(config)
    model = read.text("model")
    record_mode = read.text("record-mode") or "once"
    if record_mode not in RECORD_MODES:
        raise UserError(f"--rlhf-record-mode={record_mode}: not a mode{nearest(record_mode, RECORD_MODES)}")
    return Options(
        suites=read.texts("suite"),
        model=model or "clinic",
        model_configured=bool(model),
        rewards=read.texts("reward"),
        allowed=read.texts("allow"),
        preferences=read.text("preferences"),
        preference_fields=read.text("preference-fields"),
        cases=read.number("cases", least=1) or DEFAULT_CASES,
        cases_configured=read.text("cases") is not None,
        streams="auto" if read.text("streams") == "auto" else read.number("streams", least=1) or 1,
        samples=read.number("samples", least=1) or 1,
        concurrency=read.number("concurrency", least=1),
        max_calls=read.number("max-calls", least=0),
        requests_per_minute=read.number("requests-per-minute", least=1),
        tokens_per_minute=read.number("tokens-per-minute", least=1),
        timeout=read.number("timeout", least=1),
        time_limit=read.number("time-limit", least=1),
        seed=read.number("seed", least=0) or 0,
        strength=_strength(read.number("strength", least=2)),
        guided=read.number("guided", least=0) or 0,
        store=read.text("store"),
        record_mode=cast(RecordMode, record_mode),
        reports=_reports(read.texts("report")),
        export=_export(read.text("export")),
        labels=_labels(read),
        baseline=read.text("baseline"),
        fail_on=_fail_on(read),
        verbosity=config.get_verbosity(),
        rootdir=config.rootpath,
    )


def errand_from(config: pytest.Config) -> Errand | None:
    """What --rlhf-list and --rlhf-new ask for, or None where tests are to run."""
    option: Callable[[str], object] = config.getoption
    lists, new = bool(option("rlhf_list")), option("rlhf_new")
    if not lists and new is None:
        return None
    return Errand(lists, _Reader(config).given("suite"), str(new) if new is not None else None)


def _strength(number: int | None) -> int:
    if number is not None and number > 3:
        raise UserError(f"--rlhf-strength={number}: write 2 (every pair of ingredients) or 3 (every triple)")
    return number or DEFAULT_STRENGTH


def _labels(read: _Reader) -> str | None:
    file = read.text("labels")
    if file is not None and not read.texts("suite"):
        raise UserError(f"--rlhf-labels={file}: name the suite whose detectors are measured, too: --rlhf-suite=NAME")
    return file


def _fail_on(read: _Reader) -> str:
    value = read.text("fail-on") or "any"
    if value not in FAIL_ON:
        raise UserError(f"--rlhf-fail-on={value}: write any or new")
    if value == "new" and not read.text("baseline"):
        raise UserError("--rlhf-fail-on=new: name the report to compare with, too: --rlhf-baseline=FILE.json")
    return value


def _reports(files: tuple[str, ...]) -> tuple[str, ...]:
    for file in files:
        if Path(file).suffix not in (".html", ".json"):
            raise UserError(f"--rlhf-report={file}: write a name ending in .html or .json")
    return files


def _export(file: str | None) -> str | None:
    if file is not None and Path(file).suffix != ".jsonl":
        raise UserError(f"--rlhf-export={file}: write a name ending in .jsonl")
    return file


class _Reader:
    """Reads one option from the command line, else from the ini file."""

    def __init__(self, config: pytest.Config) -> None:
        self._option: Callable[[str], object] = config.getoption
        self._ini: Callable[[str], object] = config.getini

    def texts(self, name: str) -> tuple[str, ...]:
        return self.given(name) or _texts(self._ini(_dest(name)))

    def given(self, name: str) -> tuple[str, ...]:
        """What stands on the command line alone."""
        return _texts(self._option(_dest(name)))

    def text(self, name: str) -> str | None:
        value = self._option(_dest(name))
        if value is None:
            value = self._ini(_dest(name))
        return str(value).strip() or None if value is not None else None

    def number(self, name: str, least: int) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            value = int(text)
        except ValueError:
            raise UserError(f"--rlhf-{name}={text}: write a whole number") from None
        if value < least:
            raise UserError(f"--rlhf-{name}={text}: write a number from {least}")
        return value


def _texts(value: object) -> tuple[str, ...]:
    if not value:
        return ()
    return tuple(dict.fromkeys(str(v).strip() for v in value)) if isinstance(value, list) else (str(value),)
