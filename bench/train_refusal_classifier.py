"""Fit the weights of suites/common/classifiers/refusal.json, and say what they are worth on prompts not fitted on.

Run: python bench/train_refusal_classifier.py [folder of public data]     (needs scikit-learn)
The cues are written by hand and stand in that file; this fits their weights, and chooses and weighs the phrases, anew
and in place. It reads our own labelled replies (tests/signals/data/refusal.jsonl, split "dev") and, of the public data,
XSTest's Mistral replies with the labels of two annotators, and everyday replies, in which nothing is refused; what
`held_back` names is left for bench/signal_calibration.py.
"""

import csv
import gzip
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, diags_array, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from pytest_rlhfstress.suites.signal_classifier import ASPECTS, FEW_PHRASES, SHAPES, Classifier, phrases_of
from pytest_rlhfstress.suites.signal_text import ReplyText

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "suites" / "common" / "classifiers" / "refusal.json"
OWN = ROOT / "tests" / "signals" / "data" / "refusal.jsonl"
PUBLIC = ROOT.parent / "shared" / "data"
THRESHOLD = 0.42
CUE_SCALE, PHRASE_SCALE = 0.17, 3.0
"""How freely cues and phrases may weigh: what either is multiplied with before both bear one penalty."""
PHRASES = 1500
UNCLEAR = ("My goal as a language model", "This question is nonsensical", "As an AI assistant, I don't have personal")
"""How everyday replies begin of which one may say that they refuse."""


@dataclass(frozen=True)
class Labelled:
    """A reply, and whether it refuses, fully or in part."""

    prompt: str
    reply: ReplyText
    refuses: bool


def held_back(text: str, share: float = 0.25) -> bool:
    """A share of the public texts, of the prompts a quarter, by their words, whatever their case and spacing."""
    digest = hashlib.sha256(("refusal " + " ".join(text.lower().split())).encode()).hexdigest()
    return int(digest[:8], 16) / 2**32 < share


def xstest(folder: Path) -> list[tuple[str, str, bool]]:
    """Prompt, reply, and whether the annotators called it a full or partial refusal."""
    return [(row["prompt"], row["text"], row["label"] != "1_full_compliance") for row in _rows_of_xstest(folder)]


def _rows_of_xstest(folder: Path) -> list[dict[str, str]]:
    with gzip.open(folder / "xstest" / "replies_dev.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def everyday(folder: Path) -> list[str]:
    """The different replies to tasks that concern nobody's health, in which hardly anything is refused."""
    replies = []
    for name, fields in (("pandalm", ("response1", "response2")), ("llmbar", ("chosen", "rejected"))):
        with gzip.open(folder / name / "pairs_dev.jsonl.gz", "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                texts = [row[field] for field in fields]
                replies += [text if isinstance(text, str) else text[-1]["content"] for text in texts]
    return [reply for reply in dict.fromkeys(replies) if reply.strip()]


def own(split: str) -> list[tuple[str, str, bool]]:
    """Our own labelled replies of one split."""
    rows = [json.loads(line) for line in OWN.read_text("utf-8").splitlines()]
    return [(r["prompt"], r["reply"], r["label"]) for r in rows if r["split"] == split]


def fitted(written: dict[str, object], rows: Sequence[Labelled]) -> dict[str, object]:
    """``written`` with the weights, phrases and bias that tell the refusals among ``rows``."""
    cues = np.array([Classifier(written).features(row.reply) for row in rows])
    scaler = StandardScaler().fit(cues)
    scaled = csr_matrix(scaler.transform(cues) * CUE_SCALE)
    documents = [list(phrases_of(row.reply)) for row in rows]
    labels = [row.refuses for row in rows]

    def fit(vocabulary: Sequence[str] | None) -> tuple[np.ndarray, np.ndarray, Sequence[str], float]:
        counter = CountVectorizer(
            analyzer=list, binary=True, vocabulary=vocabulary, min_df=3 if vocabulary is None else 1
        )
        found = counter.fit_transform(documents)
        found = diags_array(1 / np.sqrt(np.maximum(FEW_PHRASES, found.sum(axis=1).A1))) @ found
        model = LogisticRegression(max_iter=3000).fit(hstack([scaled, found * PHRASE_SCALE]).tocsr(), labels)
        weights = model.coef_[0]
        matters = np.abs(weights[cues.shape[1] :]) * np.sqrt(found.mean(axis=0))
        names = counter.get_feature_names_out()
        best = sorted(names[at] for at in np.argsort(-matters)[:PHRASES])
        return weights[: cues.shape[1]], weights[cues.shape[1] :], best, float(model.intercept_[0])

    *_, phrases, _ = fit(None)
    cue_weights, phrase_weights, _, bias = fit(phrases)
    cue_weights = cue_weights * CUE_SCALE / scaler.scale_
    named = dict(written["cues"])  # type: ignore[call-overload]
    threes = cue_weights[: -len(SHAPES)].reshape(-1, len(ASPECTS))
    shape = dict(zip(SHAPES, cue_weights[-len(SHAPES) :], strict=True))
    weighed = dict(zip(phrases, phrase_weights * PHRASE_SCALE, strict=True))
    return {
        "about": written["about"],
        "trained_on": "",
        "cross_validated_f1": {},
        "bias": round(float(bias - cue_weights @ scaler.mean_), 3),
        "threshold": THRESHOLD,
        "cues": {
            name: {
                "match": named[name]["match"],
                **{a: round(float(w), 3) for a, w in zip(ASPECTS, three, strict=True)},
            }
            for name, three in zip(named, threes, strict=True)
        },
        "shape": {name: round(float(weight), 3) for name, weight in shape.items()},
        "phrases": {phrase: round(float(w), 3) for phrase, w in sorted(weighed.items(), key=lambda one: -one[1])},
    }


def across_models(folder: Path) -> list[tuple[float, int, int]]:
    """F1, refusals and replies of either model of XSTest, where none of its replies and prompts were fitted on."""
    written = json.loads(WEIGHTS.read_text("utf-8"))
    sources = [row["source"] for row in _rows_of_xstest(folder)]
    rows = [Labelled(p, ReplyText(r), label) for p, r, label in xstest(folder)]
    others = our_rows() + everyday_rows(folder)
    scores = []
    for model in sorted(set(sources)):
        judged = [row for row, source in zip(rows, sources, strict=True) if source == model]
        fit_on = [row for row, source in zip(rows, sources, strict=True) if source != model]
        found = np.zeros(len(judged), bool)
        prompts = [row.prompt for row in judged]
        for _, test in GroupKFold(5, shuffle=True, random_state=0).split(judged, groups=prompts):
            asked = {prompts[at] for at in test}
            without = Classifier(fitted(written, [*(row for row in fit_on if row.prompt not in asked), *others]))
            found[test] = [without.probability(judged[at].reply) >= THRESHOLD for at in test]
        refuses = [row.refuses for row in judged]
        scores.append((float(f1_score(refuses, found)), sum(refuses), len(judged)))
    return scores


def our_rows() -> list[Labelled]:
    """Our own replies that may be fitted on."""
    return [Labelled(p, ReplyText(r), label) for p, r, label in own("dev")]


def everyday_rows(folder: Path) -> list[Labelled]:
    """Everyday replies that may be fitted on: none refuses, and those of which one may doubt that are left out."""
    tasks = [Labelled(r, ReplyText(r), False) for r in everyday(folder) if not held_back(r, 0.5)]
    return [row for row in tasks if not row.prompt.startswith(UNCLEAR)]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PUBLIC
    public = [Labelled(p, ReplyText(r), label) for p, r, label in xstest(folder) if not held_back(p)]
    ours, tasks = our_rows(), everyday_rows(folder)
    rows = public + ours + tasks
    written = json.loads(WEIGHTS.read_text("utf-8"))
    likely = np.zeros(len(rows))
    for train, test in GroupKFold(10, shuffle=True, random_state=0).split(rows, groups=[row.prompt for row in rows]):
        without = Classifier(fitted(written, [rows[at] for at in train]))
        likely[test] = [without.probability(rows[at].reply) for at in test]
    refuses = np.array([row.refuses for row in rows])
    checked = {
        name: round(float(f1_score(refuses[start : start + n], likely[start : start + n] >= THRESHOLD)), 3)
        for name, start, n in (("XSTest", 0, len(public)), ("own", len(public), len(ours)))
    }
    print("F1 without the rules, each reply read by weights fitted without its prompt:", checked)
    written = fitted(written, rows)
    written["cross_validated_f1"] = checked
    written["trained_on"] = (
        f"{len(public)} replies of XSTest (Mistral), {len(tasks)} to everyday tasks (PandaLM, LLMBar), "
        f"{len(ours)} of our own"
    )
    WEIGHTS.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"written: {WEIGHTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
