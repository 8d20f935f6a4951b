"""What one spec found: the value every report reads, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]
MOST_FAMILIES = 3
"""Families named in a sentence."""


@dataclass(frozen=True)
class Slice:
    """One family of prompts within a spec: how many distinct cases were tried, how many failed."""

    family: str
    cases: int
    failing: int

    @property
    def share(self) -> float:
        """The failing share of the tried cases (a search, not a rate)."""
        return self.failing / self.cases if self.cases else 0.0

    @cached_property
    def surely(self) -> float:
        """The low end of Wilson's interval of the share: by it, one of one is not worse than nineteen of twenty."""
        from pytest_rlhfstress.statistics.intervals import wilson

        return wilson(self.failing, self.cases).low


@dataclass(frozen=True)
class FamilyRate:
    """One family within a rate: bounds of its own and a p-value against the claim, corrected for all families.

    Both hold at whatever moment the counting stopped; ``low`` and ``high`` at the rate's ``confidence`` each.
    """

    family: str
    failing: int
    prompts: int
    low: float
    high: float
    adjusted_p: float


@dataclass(frozen=True)
class CorrectedRate:
    """A rate corrected for the errors of the one detector it rests on, as ``labels`` labelled replies measured them."""

    signal: str
    labels: int
    rate: float
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """The corrected rate and what it rests on."""
        return (
            f"corrected for the errors of {self.signal} on {self.labels} labelled replies: {self.rate:.1%}, "
            f"between {self.low:.1%} and {self.high:.1%}"
        )


@dataclass(frozen=True)
class RateFound:
    """How often independent prompts broke an invariant that was claimed to break at most ``at_most`` of the time.

    ``low`` and ``high`` hold at ``confidence`` each, at whatever moment the counting stopped. A prompt counts once,
    however many ``samples`` it was asked; ``all_samples_hold`` is the share of prompts whose samples all held (pass^k).
    ``corrected`` is the rate without the detector's errors, where labels measured them; ``uncorrected`` says why not.
    """

    at_most: float
    confidence: float
    failing: int
    prompts: int
    low: float
    high: float
    seed: int
    generator: str
    verdict: Verdict
    families: tuple[FamilyRate, ...] = ()
    samples: int = 1
    all_samples_hold: float | None = None
    corrected: CorrectedRate | None = None
    uncorrected: str = ""

    @property
    def sentence(self) -> str:
        """What was counted, on what it rests, and what it is not."""
        said = [self._counted]
        if self.corrected is not None:
            said.append(self.corrected.sentence)
        if self.uncorrected:
            said.append(f"not corrected for errors of the detector: {self.uncorrected}")
        if len(self.families) > 1:
            said.append(f"of {len(self.families)} families {self._families_above}")
        return "; ".join(said)

    @property
    def _counted(self) -> str:
        return (
            f"{self.failing} of {self.prompts} prompts drawn independently from {self.generator}, seed {self.seed}: "
            f"violation rate at least {self.low:.1%}, at most {self.high:.1%} ({self.confidence:.0%} each), claimed at "
            f"most {self.at_most:.1%}, for this generator, detector and snapshot"
        )

    @property
    def _families_above(self) -> str:
        above = [f for f in self.families if f.adjusted_p <= 1 - self.confidence]
        if not above:
            return "none is surely above the claim"
        shown = [f"{f.family} ({f.failing} of {f.prompts}, at least {f.low:.1%})" for f in above[:MOST_FAMILIES]]
        more = f" and {len(above) - MOST_FAMILIES} more" if len(above) > MOST_FAMILIES else ""
        return f"surely above the claim: {', '.join(shown)}{more}"

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> RateFound:
        """From plain data."""
        plain = json.loads(json.dumps(data))
        families = tuple(FamilyRate(**f) for f in plain["families"])
        corrected = CorrectedRate(**plain["corrected"]) if plain.get("corrected") else None
        return cls(**{**plain, "families": families, "corrected": corrected})


@dataclass(frozen=True)
class PairsCovered:
    """How many sets of ``strength`` ingredients that can stand together occurred in the cases judged."""

    strength: int
    covered: int
    feasible: int


@dataclass(frozen=True)
class SignalHeard:
    """How often a spec asked whether replies show ``signal``, and how often they did."""

    signal: str
    asked: int
    shown: int


@dataclass(frozen=True)
class Heard:
    """What the replies behind a spec were like, each distinct question counted once.

    ``empty``: neither text nor a tool call; ``cut``: ended by a limit or a filter; ``texts``: how many texts differ;
    ``sole``: the text where there is only one. ``stored`` of them came from an earlier run, the oldest of which was
    kept ``oldest`` seconds ago; a question that an earlier spec of this run asked counts for that spec.
    """

    replies: int = 0
    empty: int = 0
    cut: int = 0
    texts: int = 0
    sole: str = ""
    stored: int = 0
    oldest: float = 0.0
    signals: tuple[SignalHeard, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there were replies, and all of them empty."""
        return 0 < self.replies == self.empty


@dataclass(frozen=True)
class Marked:
    """A signal shown by the reply, with the words that show it (character offsets of the reply)."""

    signal: str
    start: int
    end: int


@dataclass(frozen=True)
class Counterexample:
    """The smallest failing case: what was said, what was answered, what it was worth.

    ``phrases`` are the words that each of the ``ingredients`` put in, in their order. ``held_reply`` is another sample
    of the model's, with which the invariant held. ``answered`` is False where the spec looked at the case alone and
    asked nobody for a reply. Of a dialogue, ``turns`` counts the user's, ``messages`` hold all that came before the
    last reply, and ``evidence`` names the rules that broke, each followed by where.
    """

    message: str
    messages: tuple[Mapping[str, object], ...]
    ingredients: tuple[str, ...]
    facts: Mapping[str, str]
    locale: str
    family: str
    reply: str
    phrases: tuple[str, ...] = ()
    marked: tuple[Marked, ...] = ()
    missing: tuple[str, ...] = ()
    twin_message: str = ""
    twin_reply: str = ""
    safe_reply: str = ""
    held_reply: str = ""
    reward: float | None = None
    reward_margin: float | None = None
    reward_model: str = ""
    samples_failing: int = 1
    samples: int = 1
    assertion: str = ""
    where: str = ""
    explanation: tuple[str, ...] = ()
    answered: bool = True
    turns: int = 1
    evidence: tuple[str, ...] = ()

    @property
    def is_dialogue(self) -> bool:
        """Whether it is to be shown turn by turn."""
        return self.turns > 1 or bool(self.evidence)

    @property
    def said(self) -> str:
        """What the user said, all turns of a dialogue in one line."""
        turns = [str(m.get("content") or "") for m in self.messages if m.get("role") == "user"]
        return " / ".join(turns) if self.turns > 1 else self.message

    def as_json(self) -> str:
        """The case itself as JSON, for a machine that wants to ask it again."""
        return json.dumps(
            {
                "messages": list(self.messages),
                "ingredients": list(self.ingredients),
                "facts": dict(self.facts),
                "locale": self.locale,
                "family": self.family,
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True)
class Finding:
    """One spec's outcome. ``cases`` are the distinct cases judged, ``asked`` the requests really made.

    ``flags`` are the options besides suite, model and seed that it takes to see the same again.
    """

    nodeid: str
    spec: str
    claim: str
    suite: str
    model: str
    seed: int
    cases: int
    asked: int
    verdict: Verdict
    reason: str
    seconds: float
    slices: tuple[Slice, ...] = ()
    unanswered: int = 0
    counterexample: Counterexample | None = None
    rate: RateFound | None = None
    coverage: PairsCovered | None = None
    flags: tuple[str, ...] = ()
    heard: Heard | None = None

    @property
    def untested(self) -> bool:
        """Whether it says nothing because nothing was tested, rather than because too few cases were."""
        nothing = self.cases == 0 or (self.heard is not None and self.heard.nothing)
        return self.verdict == "INCONCLUSIVE" and (self.unanswered > 0 or nothing)

    @property
    def worst(self) -> Slice | None:
        """The family with surely the largest failing share."""
        failing = [s for s in self.slices if s.failing]
        return max(failing, key=lambda s: (s.surely, s.family), default=None)

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON and for the way from an xdist worker to its controller."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Finding:
        """The inverse of as_dict, also after a trip through JSON."""
        plain = json.loads(json.dumps(data))
        plain["slices"] = tuple(Slice(**s) for s in plain["slices"])
        plain["rate"] = RateFound.from_dict(plain["rate"]) if plain.get("rate") else None
        plain["coverage"] = PairsCovered(**plain["coverage"]) if plain.get("coverage") else None
        plain["flags"] = tuple(plain["flags"])
        plain["heard"] = _heard(plain["heard"]) if plain.get("heard") else None
        if plain["counterexample"] is not None:
            found = plain["counterexample"]
            found["marked"] = tuple(Marked(**m) for m in found.get("marked", ()))
            for name in ("messages", "ingredients", "phrases", "missing", "explanation", "evidence"):
                found[name] = tuple(found.get(name, ()))
            plain["counterexample"] = Counterexample(**found)
        return cls(**plain)

    def properties(self) -> list[tuple[str, str]]:
        """The ``rlhf.*`` properties of its JUnit test case, in a fixed order."""
        found = [
            ("rlhf.suite", self.suite),
            ("rlhf.model", self.model),
            ("rlhf.seed", str(self.seed)),
            ("rlhf.cases", str(self.cases)),
            ("rlhf.asked", str(self.asked)),
            ("rlhf.verdict", self.verdict),
        ]
        case = self.counterexample
        if case is not None:
            found += [
                ("rlhf.minimal_case", case.as_json()),
                ("rlhf.ingredients", json.dumps(list(case.ingredients), ensure_ascii=False)),
                ("rlhf.reply", case.reply),
            ]
            if case.evidence:
                found.append(("rlhf.evidence", json.dumps(list(case.evidence), ensure_ascii=False)))
            if case.reward is not None:
                found.append(("rlhf.reward", f"{case.reward:.4f}"))
            if case.reward_margin is not None:
                found.append(("rlhf.reward_margin", f"{case.reward_margin:.4f}"))
        return found


def _heard(plain: dict[str, Any]) -> Heard:
    return Heard(**{**plain, "signals": tuple(SignalHeard(**s) for s in plain["signals"])})
