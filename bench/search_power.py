"""Questions to the first failure on the zoo: covering rows and search, against three plainer ways. Into docs/zoo.md.

Run: python bench/search_power.py [seeds]     (20 where not given)
Each defect is looked for with the invariant written for it. A way that did not find it within its cases is counted as
having asked all of them and not found it; medians and worst are over defects and seeds.
"""

import functools
import random
import sys
from dataclasses import replace
from math import inf
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "zoo"), str(ROOT / "bench")]

from pages import write_part  # noqa: E402
from zoo_animals import DEFECTS, spoiled  # noqa: E402
from zoo_hunt import CASES, Asked, belongs, breaks, first_failure, specs, stream  # noqa: E402

from pytest_rlhfstress.conversation import Ingredient, Message  # noqa: E402
from pytest_rlhfstress.stress_route import SuiteComposer, sample_drawn  # noqa: E402
from pytest_rlhfstress.suites import load_suite  # noqa: E402

LIST_LENGTH = 50


def searched(defect, seed):
    """This plugin: covering rows, then Hypothesis."""
    return asked_until_red(defect, stream(specs()[defect.own], seed))


def uniform(defect, seed):
    """Ingredients and phrasings drawn uniformly and independently."""
    return asked_until_red(defect, sample_drawn(specs()[defect.own].request, CASES, seed))


def hypothesis_alone(defect, seed):
    """Hypothesis without covering rows, over the same strategy."""
    return asked_until_red(defect, stream(specs()[defect.own], seed, rows=False))


def asked_until_red(defect, cases):
    return first_failure(specs()[defect.own].body, spoiled(defect), cases, defect.samples) or inf


def by_hand(defect, seed):
    """At most 50 hand-written messages, each judged by every invariant that may see the defect and is about it."""
    seeing = [specs()[name] for name in (defect.own, *defect.also)]
    about = {case: [s for s in seeing if belongs(s.request, case)] for case in hand_written()}
    fitting = [case for case, judges in about.items() if judges]
    random.Random(seed).shuffle(fitting)
    asked = Asked(spoiled(defect))
    for case in fitting[:LIST_LENGTH]:
        if any(breaks(judge.body, asked, case, defect.samples) for judge in about[case]):
            return len(asked.questions)
    return inf


@functools.cache
def hand_written():
    """The messages of the list, as cases."""
    suite = load_suite("healthcare")
    composer = SuiteComposer(suite, suite.locale)
    found = []
    for line in (ROOT / "tests" / "zoo" / "hand_written_prompts.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            text, _, names = line.partition(" | ")
            case = composer.compose(tuple(ingredient(suite, name) for name in names.split()))
            found.append(replace(case, messages=(*case.messages[:-1], Message("user", text))))
    return found


def ingredient(suite, written):
    category, _, name = written.partition(":")
    entry = suite.entry(category, name)
    # A longer phrasing than the first where there is one: it more often holds a word that a shift can change.
    return Ingredient(category, name, max(entry.says, key=len, default=""), entry.expects)


WAYS = {
    "covering rows, then search (this plugin)": searched,
    "uniform random templates": uniform,
    "Hypothesis without covering rows": hypothesis_alone,
    "a fixed list written by hand (50)": by_hand,
}


def main(seeds):
    lines = [f"{len(DEFECTS)} defects, {seeds} seeds, {CASES} cases at most:", ""]
    lines += ["| way | median | 90 % | worst | not found | defects missed in some seed |", "|---|---|---|---|---|---|"]
    for name, way in WAYS.items():
        asked = {(at, seed): way(d, seed) for seed in range(seeds) for at, d in enumerate(DEFECTS)}
        figures = sorted(asked.values())
        missed = sum(f == inf for f in figures)
        missed_ever = len({at for (at, _), f in asked.items() if f == inf})
        lines.append(
            f"| {name} | {shown(median(figures))} | {shown(figures[int(0.9 * len(figures))])} | {shown(figures[-1])} "
            f"| {missed / len(figures):.1%} of runs | {missed_ever} |"
        )
        print(lines[-1], {DEFECTS[at].name for (at, _), f in asked.items() if f == inf}, flush=True)
    write_part("search power", lines)


def shown(figure):
    return "not found" if figure == inf else f"{figure:.0f}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
