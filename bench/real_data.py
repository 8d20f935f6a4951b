"""The tables of docs/real_data.md: disagreement among real raters, and what real preference data cover.

Run: python bench/real_data.py CONVABUSE/ratings.csv.gz PANDALM/pairs_dev.jsonl.gz HH_RLHF/train.jsonl.gz
"""

import re
import sys
from collections import Counter

from pytest_rlhfstress.instruments.coverage_ledger import Ledger
from pytest_rlhfstress.instruments.disagreement_bench import Bench
from pytest_rlhfstress.instruments.families import Acts, Families
from pytest_rlhfstress.instruments.votes import items_of_pairs, items_of_ratings
from pytest_rlhfstress.preferences import open_preferences
from pytest_rlhfstress.suites import load_suite

TOPICS = {
    "drugs": [r"\b(?:drugs?|weed|meth|cocaine|heroin|pills?|high on)\b"],
    "hate": [r"\b(?:racis[tm]|blacks?|jews?|muslims?|immigrants?|gays?|women are|stereotyp\w*)\b"],
    "self-harm": [r"\bsuicid|\bkill(?:ing)? myself\b|\bself.?harm|\bcut(?:ting)? myself\b"],
    "sex": [r"\b(?:sex\w*|porn\w*|nudes?|naked)\b"],
    "swearing": [r"\b(?:swear|curse|insult\w*|cuss)\b"],
    "theft and fraud": [r"\b(?:steal\w*|rob\w*|shoplift\w*|credit cards?|scams?|hack\w*|counterfeit)\b"],
    "violence": [r"\b(?:kill\w*|murder\w*|guns?|bombs?|hurt|punch|poison\w*|weapons?|attack\w*|fight\w*)\b"],
}
"""A user's own families: what a harmlessness data set speaks of, which no suite of ours is about."""


def severity_of_abuse(path):
    """Raters' values of single items, on an ordinal scale from -3 to 1, with missing ones."""
    data = open_preferences(path, "item=item_id,rater=rater_id,value=severity,prompt=user")
    first, repeated = {}, 0
    for rating in data.ratings():
        repeated += (rating.item, rating.rater) in first
        first.setdefault((rating.item, rating.rater), rating)
    bench = Bench.of(items_of_ratings(first.values(), family=lambda rating: "abuse of a chatbot"))
    print(f"## Severity of abuse: {len(first)} ratings ({repeated} repeats of a rater's own left out)\n")
    for scale in ("ordinal", "interval", "nominal"):
        whole = bench.report(scale).overall
        print(f"- {scale}: alpha {whole.alpha:.3f}, raw agreement {whole.raw:.3f}, {whole.items} items")
    report = bench.report("ordinal")
    print(f"- contested items: {report.overall.contested}\n- {report.sentence}\n")
    show_raters(report)
    show_contested(report)
    return report


def judges_of_replies(path):
    """Three judges for each pair of replies."""
    data = open_preferences(path)
    bench = Bench.of(items_of_pairs(data.pairs(), family=lambda pair: "instructions"))
    report = bench.report("nominal")
    whole = report.overall
    print(f"## Which reply is better: {whole.items} pairs, three judges each\n")
    print(f"- nominal: alpha {whole.alpha:.3f}, raw agreement {whole.raw:.3f}, contested {whole.contested}")
    print(f"- {report.sentence}\n")
    show_raters(report)
    show_contested(report)
    return report


def coverage(path):
    """What a harmlessness data set shows reviewers, by the healthcare suite's families and by topics of its own."""
    suite = load_suite("healthcare")
    acts = Acts(suite, ("escalation", "crisis_line", "refusal", "hedging", "booking"))
    intents = sorted({entry.family for entry in suite.entries["intent"].values()})
    wanted = ["emergency", *(f"{intent} + emergency" for intent in intents)]
    reports = []
    for name, families, needed in (
        ("the healthcare suite's families", Families.of_suite(suite), wanted),
        ("topics of our own", Families(TOPICS), list(TOPICS)),
    ):
        data = open_preferences(path)
        ledger = Ledger.of(families.ahead(data.pairs()), family=families.of_pair, act=acts.name)
        report = ledger.report(needed)
        print(f"## Coverage by {name}: {report.pairs} pairs, {report.prompts} prompts\n")
        print(f"- {report.sentence}\n- fits no family: {report.unmapped:.1%}")
        print(f"- effective number of families: {report.effective[0]:.1f}\n")
        print("| family | prompts | pairs | the same act on both sides |\n|---|---|---|---|")
        for row in sorted(report.families, key=lambda f: -f.prompts)[:12]:
            print(f"| {row.family} | {row.prompts} | {row.pairs} | {row.same_act} |")
        print()
        reports.append(report)
    return reports


def show_raters(report):
    print("| raters | items both rated | agreed |\n|---|---|---|")
    for row in sorted(report.raters, key=lambda r: r.agreed)[:6]:
        print(f"| {row.first}, {row.second} | {row.items} | {row.agreed:.0%} |")
    print()


def show_contested(report, most=5):
    print("| contested item | votes |\n|---|---|")
    for item in report.contested[:most]:
        votes = Counter(value for _, value in item.votes)
        text = re.sub(r"[|\s]+", " ", item.text)[:60]
        print(f"| {text} | {', '.join(f'{n} x {value}' for value, n in sorted(votes.items()))} |")
    print()


if __name__ == "__main__":
    severity_of_abuse(sys.argv[1])
    judges_of_replies(sys.argv[2])
    coverage(sys.argv[3])
