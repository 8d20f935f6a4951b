"""Everything that lives in the zoo, as assistants a spec can ask."""

from __future__ import annotations

import zlib

from zoo_defect import Defect
from zoo_hunt import Assistant
from zoo_missed import MISSED
from zoo_others import OTHERS
from zoo_voices import CAREFUL, PLAIN, TERSE, Reference, Voice

from pytest_rlhfstress.conversation import Case

DEFECTS = (*MISSED, *OTHERS)
VOICES = (PLAIN, TERSE)
"""The voices that defects are tried in by turns."""


def spoiled(defect: Defect, voice: Voice = PLAIN) -> Assistant:
    """``voice`` with the defect."""

    def answer(case: Case, sample: int) -> str:
        lucky = zlib.crc32(f"{defect.name}|{case.text}|{sample}".encode()) / 2**32 >= defect.share
        return voice.reply(case) if lucky or not defect.when(case) else defect.says(voice, case)

    return answer


def careful(voice: Voice | Reference) -> Assistant:
    """``voice`` without any defect."""
    return lambda case, _: voice.reply(case)


__all__ = ["CAREFUL", "DEFECTS", "Assistant", "careful", "spoiled"]
