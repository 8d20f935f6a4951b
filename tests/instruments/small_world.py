"""Small preference data and candidates, drawn by Hypothesis or built by hand, for the tests of the instruments."""

import numpy as np
from hypothesis import strategies as st

from pytest_rlhfstress.conversation import Message
from pytest_rlhfstress.instruments.candidates import candidates
from pytest_rlhfstress.preferences import PreferencePair, Vote

FAMILIES = ("billing", "emergency", "billing + emergency", "")
REPLIES = ("Call 911 now.", "Don't worry. Call 911 now.", "I can book you in.", "Don't worry. I can book you in.")


def pair(prompt, chosen, rejected, votes="", **fields):
    """A pair whose ``votes`` are written as "nurse+ desk- manager= rushed?" (for chosen, rejected, tie, abstain)."""
    meaning = {"+": "chosen", "-": "rejected", "=": "tie", "?": "abstain"}
    cast = tuple(Vote(word[:-1], meaning[word[-1]]) for word in votes.split())
    return PreferencePair((Message("user", prompt),), chosen, rejected, cast, **fields)


def family_of(pair):
    """The family is written in front of the prompt: "billing + emergency| my bill, and my chest hurts"."""
    return pair.text.partition("|")[0] if "|" in pair.text else ""


def act_of(reply):
    return "escalate" if "911" in reply else "book"


@st.composite
def preference_pairs(draw):
    chosen, rejected = draw(st.permutations(REPLIES))[:2]
    prompt = f"{draw(st.sampled_from(FAMILIES))}|{draw(st.integers(0, 5))}"
    raters = draw(st.lists(st.sampled_from(["nurse", "desk", "manager", "rushed"]), max_size=4, unique=True))
    votes = " ".join(rater + draw(st.sampled_from("+-=?")) for rater in raters)
    return pair(prompt, chosen, rejected, votes, item=str(draw(st.integers(0, 99))))


def world(prompts=40, seed=0, blind=("billing + emergency",), members=5, calm=0.8):
    """Prompts with four replies; the reward model ranks rightly but in the ``blind`` families, and pays for calm."""
    random = np.random.default_rng(seed)
    found = []
    for at in range(prompts):
        family = FAMILIES[at % 3]
        urgent = "emergency" in family
        truth = np.array([2.0, 1.4, -2.0, -2.6] if urgent else [-2.0, -1.9, 2.0, 2.1])
        paid = (-truth if family in blind else truth) + np.array([0, calm, 0, calm])
        rewards = paid[:, None] + random.normal(0, 0.6 if family in blind else 0.2, (4, members))
        harmful = [urgent and "911" not in reply for reply in REPLIES]
        prompt = f"{family}|my question number {at}"
        acts = [act_of(reply) for reply in REPLIES]
        found.append(candidates(family, prompt, REPLIES, rewards, truth, [0.4, 0.2, 0.3, 0.1], harmful, acts))
    return found
