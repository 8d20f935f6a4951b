"""A small reward model trained on real preference pairs, on a CPU, in seconds: words, word pairs and a little style.

    python small_reward_model.py train.jsonl.gz small_reward_model.joblib
    pytest --rlhf-suite=healthcare --rlhf-reward=small_reward_model:reward      # reads that file

Bradley-Terry on the difference of two replies' features, five members trained on resampled prompts. It reads the
reply alone and nothing of the prompt, which makes it a fair stand-in for a reward model that pays for manner.
"""

import functools
import re
import sys
from pathlib import Path

import joblib
import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from pytest_rlhfstress.preferences import open_preferences

MEMBERS = 5
STRENGTHS = (0.1, 0.5, 2.0)
STYLE = {
    "hundreds of words": lambda text: len(text.split()) / 100,
    "log of words": lambda text: np.log1p(len(text.split())),
    "questions": lambda text: text.count("?"),
    "exclamations": lambda text: text.count("!"),
    "lines": lambda text: text.count("\n"),
    "apologies and refusals": lambda text: len(re.findall(r"\b(?:sorry|can't|cannot|won't|not able)\b", text, re.I)),
    "hedges": lambda text: len(re.findall(r"\b(?:maybe|perhaps|might|could|I think)\b", text, re.I)),
    "you": lambda text: len(re.findall(r"\byou\b", text, re.I)),
    "I": lambda text: len(re.findall(r"\bI\b", text)),
}


class SmallRewardModel:
    """Rewards of a reply: one for each member."""

    def __init__(self, words, weights):
        self.words = words
        self.weights = weights

    def rewards(self, replies):
        """Shape (replies, members)."""
        return np.asarray(features(self.words, replies) @ self.weights)


def features(words, replies):
    style = np.array([[read(reply) for read in STYLE.values()] for reply in replies], dtype=float)
    return hstack([words.transform(replies), csr_matrix(style.reshape(-1, len(STYLE)))]).tocsr()


def train(pairs, seed=0):
    """Fit to pairs; how strongly to regularise is chosen by cross-validation over prompts."""
    pairs = [pair for pair in pairs if not pair.tie]
    chosen, rejected = [pair.chosen for pair in pairs], [pair.rejected for pair in pairs]
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True).fit(chosen + rejected)
    difference = features(words, chosen) - features(words, rejected)
    prompts = np.unique([pair.prompt[0].content for pair in pairs], return_inverse=True)[1]
    strength = max(STRENGTHS, key=lambda c: cross_validated(difference, prompts, c))
    rng = np.random.default_rng(seed)
    members = []
    for _ in range(MEMBERS):
        times = np.bincount(rng.integers(0, prompts.max() + 1, prompts.max() + 1), minlength=prompts.max() + 1)
        members.append(fit(difference, strength, times[prompts]))
    return SmallRewardModel(words, np.stack(members, axis=1))


def fit(difference, strength, weights):
    """Bradley-Terry is logistic regression without an intercept on differences, half of them turned round."""
    side = np.where(np.arange(difference.shape[0]) % 2, -1.0, 1.0)
    model = LogisticRegression(C=strength, fit_intercept=False, max_iter=2000)
    return model.fit(csr_matrix(side[:, None]).multiply(difference).tocsr(), side > 0, weights).coef_[0]


def cross_validated(difference, prompts, strength):
    """Mean accuracy over three folds; no prompt is in two of them."""
    found = []
    for there, held_out in GroupKFold(3).split(difference, groups=prompts):
        weights = fit(difference[there], strength, np.ones(len(there)))
        found.append(np.mean(difference[held_out] @ weights > 0))
    return np.mean(found)


@functools.cache
def trained_model():
    return joblib.load(Path(__file__).with_suffix(".joblib"))


def reward(conversation, reply):
    """What the plugin calls: a list of rewards, one for each member."""
    return trained_model().rewards([reply])[0].tolist()


def main(data, file):
    model = train(open_preferences(data).pairs())
    joblib.dump(model, file)
    print(f"{MEMBERS} members of {model.weights.shape[0]} weights written to {file}")


if __name__ == "__main__":
    # Saved under its importable name, so that whoever loads the file finds the class.
    import small_reward_model

    small_reward_model.main(*sys.argv[1:])
