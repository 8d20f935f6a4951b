"""How figures are worded."""

import pytest

from pytest_rlhfstress.instruments.wording import counted, number, percent


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (None, "unknown"), (0, "0 %"), (1, "100 %"), (0.404, "40 %"), (0.0042, "0.4 %"), (0.996, "99.6 %"),
        (0.0001, "under 0.1 %"), (0.9999, "over 99.9 %"), (1 - 1e-15, "100 %"), (0.0101, "1 %"), (-0.2, "-20 %"),
    ],
)  # fmt: skip
def test_shares_are_never_rounded_to_none_or_all(share, said):
    assert percent(share) == said


def test_figures_and_counts():
    assert [number(v) for v in (None, -0.001, 1.236)] == ["undefined", "0.00", "1.24"]
    assert [number(v, signed=True) for v in (0.5, -0.5)] == ["+0.50", "-0.50"]
    assert [counted(n, "prompt") for n in (0, 1, 12345)] == ["0 prompts", "1 prompt", "12 345 prompts"]
