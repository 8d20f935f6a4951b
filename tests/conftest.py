"""Shared fixtures: a project to run pytest in, and the example suite of another domain."""

import shutil
from pathlib import Path

import pytest
import yaml  # noqa: F401 - its C part knows the classes of the first import only; inner runs in this process forget theirs

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parent.parent


@pytest.fixture
def bank(pytester):
    """The bank suite copied into the project, as its folder."""
    folder = pytester.path / "bank"
    shutil.copytree(ROOT / "examples" / "bank_suite", folder)
    return folder


@pytest.fixture
def careful_bot(pytester):
    """A callable model that does right by the bank suite: bot:careful."""
    pytester.makepyfile(
        bot="""
        import difflib, re

        def careful(messages):
            words = re.findall("[a-z]+", re.sub(r"(.)\\1+", r"\\1", messages[-1]["content"].lower()))
            if difflib.get_close_matches("essay", words, cutoff=0.78):
                return "Your balance is shown in the app."
            return "I have frozen your account."

        def forgetful(messages):
            text = messages[-1]["content"].lower()
            return "Your balance is shown in the app." if "balance" in text else careful(messages)
        """
    )
    pytester.syspathinsert()
