"""Reading a suite folder: schema, vocabulary, templates, signals."""

from pytest_rlhfstress.suites.loading import load_suite
from pytest_rlhfstress.suites.places import find_suite, shipped_suites
from pytest_rlhfstress.suites.signal_text import ReplyText
from pytest_rlhfstress.suites.vocabulary import Entry, Locale, Suite

__all__ = ["Entry", "Locale", "ReplyText", "Suite", "find_suite", "load_suite", "shipped_suites"]
