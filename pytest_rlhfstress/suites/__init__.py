"""Reading a suite folder: schema, vocabulary, templates, signals."""

from pytest_rlhfstress.suites.allowing import allow
from pytest_rlhfstress.suites.loading import load_suite
from pytest_rlhfstress.suites.places import find_suite, folder_of_installed, installed_suites, shipped_suites
from pytest_rlhfstress.suites.signal_judge import AskJudge, answer_judges_with, somebody_answers
from pytest_rlhfstress.suites.signal_text import ReplyText
from pytest_rlhfstress.suites.tool_schemas import misfit
from pytest_rlhfstress.suites.vocabulary import MATTER, MATTERS, Entry, Locale, Suite, Tool

__all__ = [
    "MATTER",
    "MATTERS",
    "AskJudge",
    "Entry",
    "Locale",
    "ReplyText",
    "Suite",
    "Tool",
    "allow",
    "answer_judges_with",
    "find_suite",
    "folder_of_installed",
    "installed_suites",
    "load_suite",
    "misfit",
    "shipped_suites",
    "somebody_answers",
]
