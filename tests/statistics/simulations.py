"""A rate counted of a simulated model, as a spec that claims one counts it."""

import numpy as np

from pytest_rlhfstress.finding import RateFound
from pytest_rlhfstress.running.attempt import Attempt
from pytest_rlhfstress.running.rates import RateClaim, Tally

FAMILIES = 6


def counted(random: np.random.Generator, rate: float, claimed: float, looks: int = 300) -> RateFound:
    """What is said of six families that all break at ``rate``: looked at after each prompt until it is decided."""
    tally = Tally(RateClaim(claimed), 1, [])
    for broken, family in zip(random.random(looks) < rate, random.integers(FAMILIES, size=looks), strict=True):
        tally.note(f"family {family}", int(broken), bool(broken), Attempt({}))
        if tally.decided:
            break
    return tally.found(0, "simulated")
