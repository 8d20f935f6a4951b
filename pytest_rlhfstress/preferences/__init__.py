"""Reading preference data: pairs of replies and every vote on them."""

from pytest_rlhfstress.preferences.opening import PreferenceFile, open_preferences
from pytest_rlhfstress.preferences.pair import (
    Choice,
    LabelledReply,
    PreferencePair,
    Preferences,
    PreferenceSet,
    Rating,
    Vote,
)
from pytest_rlhfstress.preferences.problems import Problem, Problems
from pytest_rlhfstress.preferences.reading import pairs_in
from pytest_rlhfstress.preferences.rows import Row, jsonl_rows, read_csv, read_jsonl

__all__ = [
    "Choice",
    "LabelledReply",
    "PreferenceFile",
    "PreferencePair",
    "PreferenceSet",
    "Preferences",
    "Problem",
    "Problems",
    "Rating",
    "Row",
    "Vote",
    "jsonl_rows",
    "open_preferences",
    "pairs_in",
    "read_csv",
    "read_jsonl",
]
