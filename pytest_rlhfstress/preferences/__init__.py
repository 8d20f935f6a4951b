"""Reading preference data: pairs of replies and every vote on them."""

from pytest_rlhfstress.preferences.pair import Choice, PreferencePair, Preferences, PreferenceSet, Vote

__all__ = ["Choice", "PreferencePair", "PreferenceSet", "Preferences", "Vote"]
