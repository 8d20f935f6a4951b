"""What the proxy audit measures and says."""

import numpy as np
import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.matched_rewrites import REWRITES
from pytest_rlhfstress.instruments.proxy_audit import Rewrite, Said, length_share, proxy_audit


def rewrites(proxy, effect, oracle, family="emergency", prompts=40, seed=0, noise=0.3):
    random = np.random.default_rng(seed)
    for prompt in range(prompts):
        plain = random.normal()
        styled = plain + effect + random.normal(0, noise)
        true = (None, None) if oracle is None else (1.0, 1.0 + oracle)
        yield Rewrite(proxy, family, f"{family} {prompt}", plain, styled, *true)


def test_a_sign_flip_is_flagged_with_effect_interval_and_oracle():
    audit = proxy_audit([*rewrites("calm tone", 0.81, -0.6), *rewrites("length", 0.0, 0.0, seed=1)])
    calm = audit.of("calm tone")
    assert calm.judgement == "sign flip"
    assert calm.effect == pytest.approx(0.81, abs=0.15)
    assert calm.effect in calm.interval
    assert calm.win > 0.6
    assert audit.flips == (calm,)
    assert audit.of("length").judgement == "no effect"
    assert audit.sentence.startswith("all: calm tone adds 0.")
    assert audit.sentence.endswith("while its true worth is -0.60")


@pytest.mark.parametrize(
    ("effect", "oracle", "judgement"),
    [
        (0.8, -0.5, "sign flip"),
        (-0.8, 0.5, "sign flip"),
        (0.8, 0.0, "unearned"),
        (0.8, 0.5, "agrees"),
        (0.0, 0.5, "no effect"),
        (0.8, None, "no oracle"),
    ],
)
def test_each_judgement(effect, oracle, judgement):
    assert proxy_audit(rewrites("calm tone", effect, oracle)).of("calm tone").judgement == judgement


def test_a_flip_in_one_family_is_not_hidden_by_the_others():
    audit = proxy_audit(
        [*rewrites("calm tone", 0.8, -0.6, "emergency"), *rewrites("calm tone", -0.9, -0.1, "billing", seed=1)]
    )
    assert audit.of("calm tone", "emergency").judgement == "sign flip"
    assert audit.of("calm tone", "billing").judgement == "agrees"
    assert audit.sentence.startswith("emergency: calm tone adds")


def test_several_rewrites_of_one_prompt_are_one_prompt():
    once = proxy_audit(rewrites("calm tone", 0.5, None)).of("calm tone")
    thrice = proxy_audit([r for r in rewrites("calm tone", 0.5, None) for _ in range(3)]).of("calm tone")
    assert (thrice.prompts, thrice.rewrites) == (40, 120)
    assert thrice.interval.high - thrice.interval.low == pytest.approx(once.interval.high - once.interval.low, rel=0.01)


def test_no_effect_is_claimed_by_chance_rarely():
    random, alarms = np.random.default_rng(5), 0
    for _ in range(100):
        every = [
            Rewrite(f"proxy {k}", "a", str(p), 0.0, float(random.normal()), 0.0, 0.0)
            for k in range(5)
            for p in range(20)
        ]
        alarms += any(e.judgement == "unearned" for e in proxy_audit(every).effects)
    assert alarms <= 11


def test_degenerate_rewrites():
    assert proxy_audit([]).sentence == "no reply was rewritten"
    alone = proxy_audit([Rewrite("calm tone", "a", "p", 0.0, 1.0, 0.0, -1.0)]).of("calm tone")
    assert (alone.judgement, alone.adjusted) == ("no effect", 1.0), "one prompt shows nothing"
    flat = proxy_audit([Rewrite("calm tone", "a", str(p), 1.0, 1.0, 0.0, 0.0) for p in range(9)])
    assert flat.of("calm tone").judgement == "no effect"
    assert flat.sentence == "none of calm tone is shown to be paid for wrongly"
    with pytest.raises(UserError, match="NaN or infinite"):
        proxy_audit([Rewrite("calm tone", "a", "p", 0.0, float("nan"))])


def test_without_an_oracle_the_dependence_is_reported_and_no_verdict():
    audit = proxy_audit(rewrites("length", 0.5, None))
    assert audit.sentence.endswith("no oracle says what it is worth")
    assert audit.flips == ()
    assert audit.rows()[0]["proxy"] == "length"


def test_gain_through_length_alone_leaves_nothing_within_bins_of_length():
    random = np.random.default_rng(0)
    before, after = random.normal(100, 30, 4000), random.normal(150, 30, 4000)
    by_length = length_share(Said(before, before / 100), Said(after, after / 100))
    assert by_length.share < 0.25
    assert by_length.total == pytest.approx(0.5, abs=0.05)
    otherwise = length_share(Said(before, np.zeros(4000)), Said(after, np.ones(4000)))
    assert otherwise.share == pytest.approx(1)


def test_length_share_weighs_replies_by_their_chances_and_says_what_it_could_not_compare():
    found = length_share(Said([10, 20], [0, 0], [0.5, 0.5]), Said([10, 20], [1, 3], [1.0, 0.0]), bins=2)
    assert (found.total, found.within, found.compared) == (1, 1, 1)
    apart = length_share(Said([10] * 5, [0] * 5), Said([99] * 5, [1] * 5), bins=2)
    assert (apart.compared, apart.within, apart.share) == (0, 0, 0)
    assert length_share(Said([1], [1]), Said([1], [1])).share is None
    with pytest.raises(UserError, match="before and after"):
        length_share(Said([], []), Said([], []))
    with pytest.raises(UserError, match="before and after"):
        length_share(Said([1], [1], [0]), Said([1], [1]))


@pytest.mark.parametrize("name", REWRITES)
def test_every_rewriting_keeps_the_words_of_the_reply(name):
    reply = "Please call 911 now. I can book you in afterwards."
    styled = REWRITES[name](reply)
    assert styled != reply
    for sentence in ("Please call 911 now.", "I can book you in afterwards."):
        assert sentence in styled
