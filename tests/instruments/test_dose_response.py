"""What the metamorphic paired test measures and says."""

import numpy as np
import pytest

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.instruments.dose_response import Trial, dose_response


def trials(change, rates, prompts=60, seed=0, replies=1):
    """Every prompt at every dose; a prompt that fails at a dose fails at all higher ones."""
    random = np.random.default_rng(seed)
    for prompt in range(prompts):
        strength = random.random()
        for dose, rate in enumerate(rates):
            yield Trial(change, f"p{prompt}", dose, tuple(strength < rate for _ in range(replies)))


def test_a_harmful_change_is_found_with_its_curve():
    doses = dose_response(trials("admin dilution", [0.08, 0.5, 0.72]))
    found = doses.of("admin dilution")
    assert found.harmful
    assert found.prompts == 60
    assert [round(d.rate, 2) for d in found.curve] == sorted(round(d.rate, 2) for d in found.curve)
    assert [d.dose for d in found.curve] == [0, 1, 2]
    assert found.difference == pytest.approx(found.curve[-1].rate - found.curve[0].rate)
    assert found.difference in found.interval
    assert (found.mended, found.broke) == (0, round(60 * found.difference))
    assert doses.sentence.startswith("admin dilution: violations go from ")
    assert doses.of("weather") is None


def test_no_change_is_called_harmful_by_chance_too_often():
    random, alarms = np.random.default_rng(3), 0
    for _ in range(60):
        every = [
            Trial(f"change {c}", str(p), dose, (bool(random.random() < 0.3),))
            for c in range(4)
            for p in range(25)
            for dose in (0, 1)
        ]
        alarms += any(r.harmful for r in dose_response(every).responses)
    assert alarms / 60 <= 0.12


def test_several_replies_a_prompt_count_as_one_prompt():
    one, many = dose_response(trials("c", [0.2, 0.5])), dose_response(trials("c", [0.2, 0.5], replies=5))
    assert many.of("c").difference == pytest.approx(one.of("c").difference)
    width = [r.of("c").curve[0].interval.high - r.of("c").curve[0].interval.low for r in (one, many)]
    assert width[1] > 0.8 * width[0], "five equal replies are no more evidence than one"
    assert many.of("c").p < 0.05


def test_each_prompt_is_compared_at_its_own_highest_dose():
    some = [Trial("c", "short", 0, (False,)), Trial("c", "short", 1, (True,))]
    some += [Trial("c", "long", 0, (False,)), Trial("c", "long", 1, (False,)), Trial("c", "long", 2, (True,))]
    found = dose_response(some).of("c")
    assert (found.prompts, found.broke) == (2, 2)
    assert found.plain_rate == 0
    assert found.changed_rate == 1


def test_changes_that_alter_the_right_answer_are_left_out_and_counted():
    spoilt = [Trial("c", "p0", 1, (True,), label_kept=False), Trial("c", "p0", 0, (False,))]
    found = dose_response([*spoilt, Trial("c", "p1", 0, (False,)), Trial("c", "p1", 1, (False,))]).of("c")
    assert (found.prompts, found.relabelled, found.broke) == (1, 1, 0)


def test_always_escalating_is_shown_beside():
    doses = dose_response(trials("c", [0, 0]), hard_negatives=[True, True, False, True])
    assert doses.sentence.endswith("3 of 4 harmless messages escalated")
    assert 0.75 in doses.over_escalation_interval
    assert dose_response([]).over_escalation_interval is None


def test_what_is_not_sure_is_said_to_be_perhaps_chance():
    few = [Trial("c", str(p), dose, (p == 0 and dose == 1,)) for p in range(5) for dose in (0, 1)]
    assert "which may be chance (p 1)" in dose_response(few).sentence


def test_too_little_or_wrong_input():
    assert dose_response([]).sentence == "no message was asked both plain and changed"
    assert dose_response([Trial("c", "p", 1, (True,))]).responses == ()
    assert dose_response([Trial("c", "p", 0, (True,))]).responses == ()
    with pytest.raises(UserError, match="one reply at least"):
        dose_response([Trial("c", "p", 1, ())])
    with pytest.raises(UserError, match="one reply at least"):
        dose_response([Trial("c", "p", -1, (True,))])
    with pytest.raises(UserError, match="asked twice at dose 1"):
        dose_response([Trial("c", "p", 1, (True,))] * 2)
