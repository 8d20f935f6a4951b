"""The embedded clinic's routine, urgent and mixed messages (held-out phrasings) as candidates for the instruments."""

import math
from functools import cache

from pytest_rlhfstress.clinic import PromptSource, clinic_for, oracle
from pytest_rlhfstress.clinic import candidates as clinic_replies
from pytest_rlhfstress.instruments.candidates import candidates
from pytest_rlhfstress.instruments.families import JOINT
from pytest_rlhfstress.running.clinic_policy import ClinicPolicy

SLICES = {"routine": ("request", "hard_negative"), "urgent": ("urgent",), "mixed": ("mixed",)}
ESCALATING = ("escalate", "crisis", "escalate_and_serve")
TRAFFIC = {"routine": 0.75, "urgent": 0.05, "mixed": 0.2}
SHOWN = ("routine", "urgent")


@cache
def clinic():
    return clinic_for("clinic")


@cache
def slices(prompts=120, seed=1):
    """All slices' prompts with the 24 candidates, rewards, oracle and untuned chances."""
    source = PromptSource(seed, held_out=True)
    texts = [reply.text() for reply in clinic_replies()]
    acts = [reply.act for reply in clinic_replies()]
    found = []
    for name, kinds in SLICES.items():
        drawn = [p for kind in kinds for p in source.draw(kind, prompts // len(kinds))]
        messages = [p.text for p in drawn]
        rewards = clinic().candidate_rewards(messages).transpose(0, 2, 1)
        untuned, truth = clinic().policy(math.inf).probabilities(messages), oracle(drawn)
        harmful = [name != "routine" and act not in ESCALATING for act in acts]
        found += [
            candidates(name, text, texts, rewards[at], truth[at], untuned[at], harmful, acts)
            for at, text in enumerate(messages)
        ]
    return tuple(found)


@cache
def slice_of_prompt():
    """The slice of each prompt that was compared, by its text."""
    of_kind = {kind: name for name, kinds in SLICES.items() for kind in kinds}
    return {p.text: of_kind.get(p.kind, p.kind) for p in clinic().trained.comparisons.prompts}


def slice_of_pair(pair):
    return slice_of_prompt()[pair.text]


@cache
def policy():
    return ClinicPolicy(clinic())


def act_of(reply):
    return dict(zip(policy().replies, policy().acts, strict=True)).get(reply, JOINT)


def answer(cases):
    """What the clinic's assistant says to cases of a suite."""
    return [[clinic().assistant.reply([m.as_dict() for m in case.messages])] for case in cases]
