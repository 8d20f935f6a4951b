"""Fit the weights of suites/common/classifiers/refusal.json, and say what they are worth on prompts not fitted on.

Run: python bench/train_refusal_classifier.py [folder of public data]     (needs scikit-learn)
The cues are written by hand and stand in that file; this fits their weights, anew and in place. It reads our own
labelled replies (tests/signals/data/refusal.jsonl, split "dev") and, of the public data, XSTest's Mistral replies
with the labels of two annotators; the prompts in `held_back` are left for bench/signal_calibration.py.
"""

import csv
import gzip
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pytest_rlhfstress.suites.signal_classifier import ASPECTS, SHAPES, Classifier
from pytest_rlhfstress.suites.signal_text import ReplyText

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "suites" / "common" / "classifiers" / "refusal.json"
OWN = ROOT / "tests" / "signals" / "data" / "refusal.jsonl"
PUBLIC = ROOT.parent / "shared" / "data"
STRENGTH, THRESHOLD = 0.1, 0.45


def held_back(prompt: str) -> bool:
    """A quarter of the public prompts, by their words, whatever their case and spacing."""
    digest = hashlib.sha256(("refusal " + " ".join(prompt.lower().split())).encode()).hexdigest()
    return int(digest[:8], 16) / 2**32 < 0.25


def xstest(folder: Path) -> list[tuple[str, str, bool]]:
    """Prompt, reply, and whether the annotators called it a full or partial refusal."""
    with gzip.open(folder / "xstest" / "replies_dev.csv.gz", "rt", encoding="utf-8") as file:
        return [(r["prompt"], r["text"], r["label"] != "1_full_compliance") for r in csv.DictReader(file)]


def own(split: str) -> list[tuple[str, str, bool]]:
    """Our own labelled replies of one split."""
    rows = [json.loads(line) for line in OWN.read_text("utf-8").splitlines()]
    return [(r["prompt"], r["reply"], r["label"]) for r in rows if r["split"] == split]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PUBLIC
    public = [row for row in xstest(folder) if not held_back(row[0])]
    rows = public + own("dev")
    written = json.loads(WEIGHTS.read_text("utf-8"))
    classifier = Classifier(written)
    features = np.array([classifier.features(ReplyText(reply)) for _, reply, _ in rows])
    labels = np.array([label for *_, label in rows])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=5000))
    likely = cross_val_predict(
        model, features, labels, groups=[prompt for prompt, *_ in rows], cv=GroupKFold(10), method="predict_proba"
    )[:, 1]
    for name, part in (("XSTest", slice(0, len(public))), ("own", slice(len(public), None))):
        print(f"{name}: F1 {f1_score(labels[part], likely[part] > THRESHOLD):.3f} over {len(labels[part])} replies,")
        print("  each predicted by weights fitted without its prompt")
    model.fit(features, labels)
    scaler, fitted = model[0], model[1]
    weights = fitted.coef_[0] / scaler.scale_
    written["bias"] = round(float(fitted.intercept_[0] - weights @ scaler.mean_), 3)
    written["threshold"] = THRESHOLD
    written["trained_on"] = f"{len(public)} replies of XSTest (Mistral), {len(rows) - len(public)} of our own"
    for cue, three in zip(written["cues"].values(), weights[: -len(SHAPES)].reshape(-1, len(ASPECTS)), strict=True):
        cue.update({aspect: round(float(weight), 3) for aspect, weight in zip(ASPECTS, three, strict=True)})
    shape = weights[-len(SHAPES) :]
    written["shape"] = {name: round(float(weight), 3) for name, weight in zip(SHAPES, shape, strict=True)}
    WEIGHTS.write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    print(f"written: {WEIGHTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
