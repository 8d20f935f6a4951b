"""The small reward model learns what reviewers prefer, and the audit of it says what manner it pays for."""

import random
import sys
from pathlib import Path

import pytest

from pytest_rlhfstress.conversation import Message
from pytest_rlhfstress.preferences import PreferencePair
from pytest_rlhfstress.rewards import load_reward

pytest.importorskip("sklearn", reason="needs scikit-learn")
ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "examples" / "small_reward_model"
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def example(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("small_reward_model", "audit"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def planted_pairs(n, seed):
    """Reviewers who like apologies and nothing else."""
    rng = random.Random(seed)
    words = ["bills", "arrive", "monthly", "and", "people", "pay", "them", "later", "by", "card"]
    for at in range(n):
        plain = [" ".join(rng.choices(words, k=rng.randint(5, 15))) + "." for _ in range(2)]
        yield PreferencePair((Message("user", f"Question {at}?"),), f"I'm sorry, but {plain[0]}", plain[1])


def test_a_planted_preference_is_learned_and_shows_as_a_proxy():
    from audit import judged
    from small_reward_model import train

    from pytest_rlhfstress.instruments.reward_mirror import reward_mirror

    model = train(list(planted_pairs(300, 0)))
    mirror = reward_mirror(judged(model, list(planted_pairs(100, 1)), lambda pair: "planted"))
    assert mirror.overall.accuracy > 0.95
    assert mirror.overall.beats_length
    sorry, plain = model.rewards(["I'm sorry, but bills arrive.", "bills arrive."]).mean(axis=1)
    assert sorry > plain


def test_the_plugin_takes_the_saved_model_as_an_ensemble(monkeypatch):
    import joblib
    import small_reward_model

    monkeypatch.setattr(joblib, "load", lambda file: small_reward_model.train(list(planted_pairs(60, 2))))
    scores = load_reward("small_reward_model:reward").score([([{"role": "user", "content": "Hi"}], "Hello.")])
    assert scores.shape == (1, small_reward_model.MEMBERS)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the data sets in ../shared/data")
def test_on_real_pairs_it_foretells_some_votes_and_mostly_pays_for_manner(capsys):
    from audit import main

    found = main(DATA / "hh_rlhf/train.jsonl.gz", DATA / "hh_rlhf/test.jsonl.gz", DATA / "llmbar/pairs_dev.jsonl.gz")
    test, (overall, *subsets) = found["test"], found["fact"]
    assert 0.52 < test["accuracy"] < 0.65
    assert {row["family"] for row in subsets} == {"Natural", "Neighbor", "GPTInst", "GPTOut", "Manual"}
    assert not overall["length_correlation"] > -0.5
    effects = {row["proxy"]: row for row in found["proxies"] if row["family"] == "all"}
    assert effects["disclaimer"]["interval"]["low"] > 0.3
    assert effects["length"]["interval"]["high"] < 0
    assert "always the shorter" in capsys.readouterr().out
