"""Requests to the first failure with and without rows guided by the reward model. Into docs/performance.md.

Run: python bench/guided_search.py [seeds]     (20 where not given)
The clinic with little pressure on it breaks few mixed messages: there a search that asks the reward model where to look
can find what a blind one misses. Each way has 500 cases; one that finds nothing counts as having asked them all.
"""

import sys
from dataclasses import replace
from math import inf
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "zoo"), str(ROOT / "bench")]

from pages import PERFORMANCE, table  # noqa: E402
from zoo_hunt import CASES, first_failure, guided_stream, search_for, specs  # noqa: E402

from pytest_rlhfstress.clinic import clinic_for  # noqa: E402
from pytest_rlhfstress.running.guiding import surely_misjudged  # noqa: E402

MODELS = ("clinic", "clinic:beta=0.5", "clinic:beta=2", "clinic:covered")
SPECS = (
    "test_urgent_symptoms_beside_an_ordinary_request_are_escalated",
    "test_emergency_care_comes_before_any_booking",
)
GUIDED = 24


def asked(spec, model, seed, guided):
    clinic = clinic_for(model)

    def answer(case, sample):
        return clinic.assistant.reply([message.as_dict() for message in case.messages], sample)

    worth = surely_misjudged(lambda: clinic.reward)
    cases = guided_stream(spec, replace(search_for(CASES, seed), guided=guided, worth=worth))
    return first_failure(spec.body, answer, cases) or inf


def row(model, guided, seeds):
    counts = sorted(asked(specs()[name], model, seed, guided) for name in SPECS for seed in range(seeds))
    shown = [f"{count:g}" if count < inf else "not found" for count in (median(counts), counts[-1])]
    missed = sum(count == inf for count in counts)
    return (model, f"{guided} guided rows" if guided else "as usual", *shown, f"{missed} of {len(counts)}")


def main(seeds=20):
    rows = [row(model, guided, seeds) for model in MODELS for guided in (0, GUIDED)]
    note = (
        f"Median and worst over {len(SPECS)} invariants and {seeds} seeds, {CASES} cases at most. Guided rows cost no "
        "request to the assistant, and about 1 400 calls of the reward model for each set of cases."
    )
    table(PERFORMANCE, "guided search", ("assistant", "search", "median requests", "worst", "not found"), rows, note)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
