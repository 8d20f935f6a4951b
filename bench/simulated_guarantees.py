"""How often verdicts and bounds are wrong where the true rate is known: docs/explanation/verdicts.md.

Run: python bench/simulated_guarantees.py [runs]     (2000 where not given)
"""

import functools
import sys
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("zoo", "statistics", "stress_route")] + [str(ROOT / "bench")]

from pages import table  # noqa: E402
from pair_messages import shows_both  # noqa: E402
from simulations import counted  # noqa: E402
from zoo_hunt import CASES, specs, stream  # noqa: E402

from pytest_rlhfstress.instruments.detector_calibration import SignalCalibration  # noqa: E402
from pytest_rlhfstress.running.rate_correction import Read, corrected  # noqa: E402
from pytest_rlhfstress.statistics.clustered import clustered_mean  # noqa: E402
from pytest_rlhfstress.statistics.intervals import upper_bound, wilson  # noqa: E402
from pytest_rlhfstress.stress_route.covering import grid_of  # noqa: E402

PAGE = "explanation/verdicts.md"
LOOKS = 300
CLAIMS = (0.01, 0.05, 0.2)
RATES = (0.01, 0.05, 0.1, 0.3)
CLAIMED = 0.05
LABELS, SENSITIVITY, SPECIFICITY = 120, 0.85, 0.93
WORDINGS = 50
"""Messages tried around a pair that the plugin takes for one that cannot stand together."""


def percent(hits: Iterable[bool]) -> str:
    return f"{100 * np.mean(list(hits)):.1f} %"


def type_one_errors(runs: int) -> list[tuple[object, ...]]:
    rows = []
    for claim in CLAIMS:
        random = np.random.default_rng(1)
        verdicts = [counted(random, claim, claim).verdict for _ in range(runs)]
        for verdict in ("PASS", "FAIL"):
            what = f"{verdict} where the true rate is the claimed {claim:.0%}"
            rows.append((what, "at most 5 %", percent(v == verdict for v in verdicts)))
    bound = functools.cache(upper_bound)
    looks = (np.random.default_rng(2).random((runs, LOOKS)) < CLAIMED).cumsum(axis=1).tolist()
    fooled = (any(bound(k, n) < CLAIMED for n, k in enumerate(fails, 1) if n >= 20) for fails in looks)
    what = f"for comparison: an ordinary upper bound falls below the true {CLAIMED:.0%} at some look"
    rows.append((what, "(5 % at one look)", percent(fooled)))
    return rows


def bounds_at_the_verdict(runs: int) -> list[tuple[object, ...]]:
    rows = []
    for rate in RATES:
        random = np.random.default_rng(3)
        found = [counted(random, rate, CLAIMED) for _ in range(runs)]
        families = [family for one in found for family in one.families]
        for what, bounds in (("rate", found), ("families", families)):
            held = " and ".join((percent(b.low <= rate for b in bounds), percent(b.high >= rate for b in bounds)))
            rows.append((f"lower and upper bound of the {what}, true rate {rate:.0%}", "at least 95 % each", held))
        named = percent(any(f.adjusted_p <= 0.05 for f in one.families) for one in found)
        if rate <= CLAIMED:
            rows.append((f"a family called worse than the claim, true rate {rate:.0%}", "at most 5 %", named))
        right = percent(_corrected_holds(random, rate) for _ in range(runs))
        rows.append((f"interval corrected for a detector's errors, true rate {rate:.0%}", "at least 90 %", right))
    return rows


def _corrected_holds(random: np.random.Generator, rate: float) -> bool:
    """Counted by a detector that is sometimes wrong, whose errors are known from labelled replies."""
    seen = rate * SENSITIVITY + (1 - rate) * (1 - SPECIFICITY)
    found = counted(random, seen, CLAIMED)
    tp, fp = random.binomial(LABELS, SENSITIVITY), random.binomial(LABELS, 1 - SPECIFICITY)
    detector = SignalCalibration("alarm", int(tp), int(fp), LABELS - int(tp), LABELS - int(fp))
    broken = [True] * found.failing + [False] * (found.prompts - found.failing)
    interval, _ = corrected(found, [Read({"alarm": b}, b) for b in broken], {"alarm": detector})
    return interval is not None and interval.low <= rate <= interval.high


def fixed_samples(runs: int) -> list[tuple[object, ...]]:
    random = np.random.default_rng(4)
    rows = []
    for rate in RATES:
        drawn = random.binomial(60, rate, runs).tolist()
        held = (percent(upper_bound(k, 60) >= rate for k in drawn), percent(rate in wilson(k, 60) for k in drawn))
        what = f"upper bound and Wilson's interval of 60 prompts, true rate {rate:.0%}"
        rows.append((what, "at least 95 %, about 95 %", " and ".join(held)))
    means = []
    for _ in range(runs):
        chances = random.beta(0.3, 0.3, 40)
        means.append(clustered_mean([(random.random(4) < p).astype(float).tolist() for p in chances]))
    held = percent(0.5 in m.interval for m in means)
    rows.append(("clustered interval of 40 prompts asked 4 times", "about 95 %", held))
    naive = percent(abs(m.mean - 0.5) <= 1.96 * m.naive for m in means)
    rows.append(("for comparison: the same as if the 160 replies were independent", "", naive))
    return rows


def pairs() -> list[tuple[object, ...]]:
    """Counted from the ingredients of the cases that the suite's specs are given, and from messages of our own."""
    requests = {spec.request.key: spec for spec in specs().values()}
    feasible = occurred = whole = doubted = shown = 0
    for spec in requests.values():
        wanted = grid_of(spec.request).tuples(2)
        seen = {frozenset(p) for case in stream(spec, 0) for p in combinations(map(str, case.ingredients), 2)}
        feasible += len(wanted)
        occurred += len(wanted & seen)
        whole += wanted <= seen
        names = {str(i) for slot in spec.request.slots for i in slot.options}
        others = {frozenset(p) for p in combinations(sorted(names), 2)} - wanted
        doubted += len(others)
        shown += len(others & seen) + sum(shows_both(spec.request, pair, WORDINGS) for pair in others - seen)
    return [
        (
            f"pairs of ingredients that occur in {CASES} cases",
            "all that 400 rows can hold",
            f"{occurred} of {feasible}",
        ),
        ("kinds of cases in which every pair occurs", "all that 400 rows can hold", f"{whole} of {len(requests)}"),
        (f"pairs called impossible that one of {WORDINGS} messages shows", "none", f"{shown} of {doubted}"),
    ]


def main(runs: int = 2000) -> None:
    rows = [*type_one_errors(runs), *bounds_at_the_verdict(runs), *fixed_samples(runs), *pairs()]
    note = (
        f"{runs} simulated runs each, looked at after every one of up to {LOOKS} prompts of six families; what is "
        f"claimed is {CLAIMED:.0%} unless another rate is named. The detector finds {SENSITIVITY:.0%} of what is there "
        f"and {1 - SPECIFICITY:.0%} of what is not, measured on {LABELS} labelled replies of each kind."
    )
    table(PAGE, "guarantees", ("what is said", "by the formula", "seen"), rows, note)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
