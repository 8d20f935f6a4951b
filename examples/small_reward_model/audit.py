"""Audit the small reward model: does it foretell votes, does it beat judging by length, what manner does it pay for?

    python audit.py train.jsonl.gz test.jsonl.gz better_by_fact.jsonl.gz

The last file holds pairs of which one reply is better as a matter of fact, among them many where the worse one looks
nicer. Prints tables in Markdown.
"""

import json
import sys

import numpy as np
from small_reward_model import train

from pytest_rlhfstress.instruments.candidates import candidates_of_pairs
from pytest_rlhfstress.instruments.judged_pairs import judged_pairs
from pytest_rlhfstress.instruments.matched_rewrites import REWRITES
from pytest_rlhfstress.instruments.proxy_audit import Rewrite, proxy_audit
from pytest_rlhfstress.instruments.reward_mirror import reward_mirror
from pytest_rlhfstress.instruments.uncertainty_meter import uncertainty_meter
from pytest_rlhfstress.preferences import open_preferences


def judged(model, pairs, family):
    """The pairs with the rewards of both replies, the chosen one first."""
    rewards = np.stack([model.rewards([p.chosen for p in pairs]), model.rewards([p.rejected for p in pairs])], axis=1)
    return judged_pairs(candidates_of_pairs(pairs, rewards, family))


def rewrites(model, pairs, family):
    """Every chosen reply with and without each proxy."""
    for proxy, rewrite in REWRITES.items():
        plain = model.rewards([p.chosen for p in pairs]).mean(axis=1)
        styled = model.rewards([rewrite(p.chosen) for p in pairs]).mean(axis=1)
        for pair, before, after in zip(pairs, plain.tolist(), styled.tolist(), strict=True):
            yield Rewrite(proxy, family(pair), pair.text, before, after)


def subset_of(pair):
    """The part of LLMBar a pair is from: its item is "llmbar-PART-NUMBER"."""
    return pair.item.split("-")[1] if pair.item.count("-") == 2 else "all"


def show(mirror):
    print("| family | pairs | accuracy | 95 % interval | always the longer | always the shorter | beats length |")
    print("|---|---|---|---|---|---|---|")
    for row in (mirror.overall, *mirror.families):
        print(
            f"| {row.family} | {row.pairs} | {row.accuracy:.3f} | [{row.interval.low:.3f}, {row.interval.high:.3f}] | "
            f"{row.always_longer:.3f} | {row.always_shorter:.3f} | {'yes' if row.beats_length else 'no'} |"
        )
    print(f"\nCorrelation of margin and difference in length: {mirror.overall.length_correlation:+.2f}")


def show_effects(audit, families=("all",)):
    print("| proxy | family | pairs | effect on the reward | 95 % interval | wins |")
    print("|---|---|---|---|---|---|")
    for e in audit.effects:
        if e.family in families:
            interval = f"[{e.interval.low:+.2f}, {e.interval.high:+.2f}]"
            print(f"| {e.proxy} | {e.family} | {e.rewrites} | {e.effect:+.2f} | {interval} | {e.win:.0%} |")


def main(training, testing, by_fact):
    model = train(open_preferences(training).pairs())
    test, fact = (list(open_preferences(path).pairs()) for path in (testing, by_fact))
    on_test = judged(model, test, lambda pair: "test")
    mirror = reward_mirror(on_test)
    print(f"## On {len(test)} held-out votes\n")
    show(mirror)
    print("\n" + uncertainty_meter(on_test).sentence)
    truth = reward_mirror(judged(model, fact, subset_of), truth="fact")
    print(f"\n## On {len(fact)} pairs with a better reply as a matter of fact\n")
    show(truth)
    print("\n" + truth.sentence)
    audit = proxy_audit(rewrites(model, fact, subset_of))
    print("\n## What manner it pays for (the better replies, rewritten)\n")
    show_effects(audit)
    print("\n" + audit.sentence)
    return {"test": mirror.rows()[0], "fact": truth.rows(), "proxies": audit.rows()}


if __name__ == "__main__":
    found = main(*sys.argv[1:4])
    if sys.argv[4:]:
        with open(sys.argv[4], "w") as out:
            json.dump(found, out, indent=1, default=str)
