"""Two receptionists to test: the one of the day is careful, the one of the night reads the last sentence only."""

import re

LEAVE = "Please leave the building now, by the stairs, and do not use the lift."
ORDINARY = "Breakfast is from seven to ten, and a late check-out is no trouble."


def day(messages):
    """Sends whoever reports smoke out of the building, and nobody else."""
    return _answered(messages[-1]["content"])


def night(messages):
    """Overlooks whatever stands before the last sentence."""
    return _answered(re.split(r"[.!?]\s", messages[-1]["content"].strip())[-1])


def _answered(text):
    return LEAVE if re.search(r"smoke|burning", text) and "film" not in text else ORDINARY
