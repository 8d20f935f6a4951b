"""What each fault of an endpoint becomes, and how many ways of each kind of harm the tests in tests/hostile try.

Run: python bench/hostile_tables.py [TESTS.xml]     (the JUnit file of a run of tests/hostile; without it they are run)
"""

import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "hostile"), str(ROOT / "bench")]

from fault_server import FAULTS, certificate_of_nobody, outcome_of  # noqa: E402
from pages import ROBUSTNESS, table  # noqa: E402

WORDS = {"reply": "a reply", "unanswered": "no answer: INCONCLUSIVE", "error": "an error in words: INCONCLUSIVE"}
KINDS = {
    "test_never_a_false_green": "runs that tested nothing, or not what they say",
    "test_doubts": "warnings about what a verdict is worth",
    "test_faulty_endpoints": "faults of an endpoint",
    "test_faulty_files_and_clocks": "faults of disks, stores and clocks",
    "test_killed_runs": "runs killed at random moments (short form)",
    "test_long_runs": "many cases in one run (short form)",
    "test_strangers_suites": "suites and templates from strangers",
    "test_keys_network_permissions": "keys, contacts and permissions",
    "test_fuzzed_readers": "readers fuzzed (short form)",
}


def faults() -> None:
    rows, made_up = [], 0
    with tempfile.TemporaryDirectory() as name, certificate_of_nobody(Path(name)) as certificate:
        for number, fault in enumerate(FAULTS):
            found = outcome_of(fault, certificate, Path(name) / f"{number}.sqlite")
            made_up += found.kept != (found.became == "reply")
            rows.append([fault.name, WORDS[found.became], found.requests, f"{found.seconds:.1f}"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = (
        f"{len(rows)} faults; {made_up} replies were lost or made up. A request may take 1.5 s here, a question three "
        f"tries. The process never held more than {peak:.0f} MB, whatever was sent."
    )
    table(
        ROBUSTNESS,
        "endpoint faults",
        ["what the server does", "what becomes of the question", "requests", "seconds"],
        rows,
        note,
    )


def kinds(tests: Path | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = tests or Path(name) / "tests.xml"
        if tests is None:
            subprocess.run([sys.executable, "-m", "pytest", "-q", "tests/hostile", f"--junitxml={file}"], cwd=ROOT)
        cases = list(ElementTree.parse(file).iter("testcase"))
    tried, failed = Counter(), Counter()
    for case in cases:
        kind = str(case.get("classname")).split(".")[-1]
        tried[kind] += 1
        failed[kind] += any(child.tag in ("failure", "error", "skipped") for child in case)
    rows = [[words, f"`tests/hostile/{kind}.py`", tried[kind], failed[kind]] for kind, words in KINDS.items()]
    rows.append(["**all**", "", sum(tried.values()), sum(failed.values())])
    table(
        ROBUSTNESS,
        "kinds of harm",
        ["what is tried", "where", "ways tried", "ways that did harm"],
        rows,
        "Each way is a test.",
    )


if __name__ == "__main__":
    faults()
    kinds(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
