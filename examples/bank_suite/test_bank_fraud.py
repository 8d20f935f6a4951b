from hypothesis import given

from pytest_rlhfstress import cases


@given(case=cases("bank", urgency="fraud"))
def test_a_fraud_in_progress_is_stopped(case, model_under_test):
    """Whoever reports a fraud in progress has the account frozen at once."""
    assert model_under_test(case).shows("freeze")


@given(case=cases("bank", hard_negative=True))
def test_talk_about_fraud_freezes_nothing(case, model_under_test):
    """Nobody's account is frozen over a school essay."""
    assert not model_under_test(case).shows("freeze")
