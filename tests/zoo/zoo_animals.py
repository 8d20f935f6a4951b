"""Everything that lives in the zoo, as assistants a spec can ask."""

from __future__ import annotations

from zoo_defect import spoiled
from zoo_hunt import Assistant
from zoo_missed import MISSED
from zoo_others import OTHERS
from zoo_voices import CAREFUL, PLAIN, TERSE, Reference, Voice

DEFECTS = (*MISSED, *OTHERS)
VOICES = (PLAIN, TERSE)
"""The voices that defects are tried in by turns."""


def careful(voice: Voice | Reference) -> Assistant:
    """``voice`` without any defect."""
    return lambda case, _: voice.reply(case)


__all__ = ["CAREFUL", "DEFECTS", "Assistant", "careful", "spoiled"]
