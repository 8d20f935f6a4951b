"""Every assistant of a suite's zoo against every invariant, into docs/zoo.md or docs/zoo_more_suites.md.

Run: python bench/zoo_table.py [seeds [suite...]]     (seeds for the careful assistants, 20 where not given; the
healthcare suite where none is named)
"""

import importlib
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "zoo"), str(ROOT / "bench")]

import zoo_animals  # noqa: E402
import zoo_suites  # noqa: E402
from pages import write_part  # noqa: E402
from zoo_hunt import CASES, first_failure, hunt, specs, stream  # noqa: E402


class Healthcare:
    """The zoo of the healthcare suite, seen as the others are."""

    suite, page, prefix = "healthcare", "zoo.md", ""
    defects, careful = zoo_animals.DEFECTS, zoo_animals.CAREFUL
    spoiled = staticmethod(zoo_animals.spoiled)


class Other:
    """The zoo of another suite."""

    page = "zoo_more_suites.md"

    def __init__(self, suite):
        zoo = importlib.import_module(f"zoo_{suite}").ZOO
        self.suite, self.prefix, self.defects, self.careful = suite, f"{suite} ", zoo.defects, zoo.careful
        self.spoiled = lambda defect: zoo_suites.spoiled(defect, zoo.voices[0])


def judged(zoo, defect):
    """What the invariants say of one defect: the one it belongs to in full, the others by name."""
    assistant, known = zoo.spoiled(defect), specs(zoo.suite)
    red = [s.name for s in known.values() if first_failure(s.body, assistant, stream(s, 0), defect.samples)]
    found = {name: hunt(known[name], assistant, samples=defect.samples) for name in red}
    wrong = [name for name in red if name != defect.own and name not in defect.also]
    return found, wrong


def row(defect, found, wrong):
    own = found.get(defect.own)
    others = len(found) - (own is not None)
    if own is None:
        return f"| {defect.name} | {sentence(defect.own)} | **missed** | | | {others} | {', '.join(wrong)} |"
    held = ", ".join(f"`{i}`" for i in own.case.ingredients)
    minimal = "yes" if own.minimal else "**no**"
    return (
        f"| {defect.name} | {sentence(defect.own)} | {own.first} / {own.questions} | {held} | {minimal} | {others} "
        f"| {', '.join(wrong) or 'none'} |"
    )


def sentence(name):
    """An invariant's name as words."""
    return name.removeprefix("test_").replace("_", " ")


def defects_table(zoo):
    outcomes = [(defect, *judged(zoo, defect)) for defect in zoo.defects]
    own = [found[defect.own] for defect, found, _ in outcomes if defect.own in found]
    every = [f for _, found, _ in outcomes for f in found.values()]
    summary = (
        f"{len(own)} of {len(outcomes)} defects are found by the invariant written for them within {CASES} cases, "
        f"{sum(f.first <= 500 for f in own)} within 500 questions: median {median(f.first for f in own):.0f}, worst "
        f"{max(f.first for f in own)} questions to the first failure, median {median(f.questions for f in own):.0f} "
        f"and worst {max(f.questions for f in own)} until the counterexample was smallest. "
        f"{sum(f.minimal for f in every)} of {len(every)} counterexamples (every red invariant of every defect) are "
        f"1-minimal. Invariants that were red and should not have been: {sum(len(w) for _, _, w in outcomes)}."
    )
    head = (
        "| defect | its invariant | questions: first failure / smallest | smallest counterexample | 1-minimal "
        "| others that see it | false alarms |"
    )
    return [summary, "", head, "|---|---|---|---|---|---|---|", *(row(*outcome) for outcome in outcomes)]


def careful_table(zoo, seeds):
    lines = [f"Careful assistants, {len(specs(zoo.suite))} invariants, {CASES} cases each, {seeds} seeds:", ""]
    lines += ["| assistant | cases judged | false alarms |", "|---|---|---|"]
    for voice in zoo.careful:
        alarms, cases = 0, 0
        for spec in specs(zoo.suite).values():
            for seed in range(seeds):
                asked = stream(spec, seed)
                cases += len(asked)
                alarms += first_failure(spec.body, zoo_animals.careful(voice), asked) is not None
        lines.append(f"| {voice.name} | {cases:,} | {alarms} |")
        print(lines[-1], flush=True)
    return lines


def main(seeds, suites):
    for zoo in [Healthcare] if not suites else map(Other, suites):
        write_part(f"{zoo.prefix}defects", defects_table(zoo), zoo.page)
        write_part(f"{zoo.prefix}careful", careful_table(zoo, seeds), zoo.page)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2:])
