"""Coverage ledger: which prompt families and answer acts did reviewers ever see, alone and in combination?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import NamedTuple

from pytest_rlhfstress.instruments.families import JOINT
from pytest_rlhfstress.instruments.wording import NO_FAMILY, Row, counted, percent, plain_rows
from pytest_rlhfstress.preferences import PreferencePair
from pytest_rlhfstress.statistics.combinations import Coverage, Together, coverage, together
from pytest_rlhfstress.statistics.distinct import Counting, Distinct
from pytest_rlhfstress.statistics.diversity import UnseenMass, effective_number, unseen_mass

STRENGTHS = (1, 2, 3)


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a joint name, sorted: "billing + emergency" has two, "" has none."""
    return tuple(sorted(set(name.split(JOINT)))) if name else ()


class Profile(NamedTuple):
    """What the ledger keeps of one pair; ``family`` is "" where the prompt fits none."""

    family: str
    levels: Together
    chosen: str
    rejected: str
    rated: bool


@dataclass(frozen=True)
class Ledger:
    """Counts over preference pairs that add up: a partial result for each part of the data, merged in any order.

    Memory grows with the different profiles, not with the pairs.
    """

    profiles: Mapping[Profile, int] = field(default_factory=dict)
    votes: int = 0
    prompts: Mapping[str, Distinct] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        pairs: Iterable[PreferencePair],
        family: Callable[[PreferencePair], str],
        act: Callable[[str], str],
        levels: Callable[[PreferencePair], Collection[str]] | None = None,
    ) -> Ledger:
        """Count pairs, going through them once.

        ``family`` names the class of a pair's prompt, "" for none; ``act`` what a reply does; ``levels`` what is in
        the prompt, to be counted in combinations (by default the parts of the family's name).
        """
        profiles: Counter[Profile] = Counter()
        prompts: defaultdict[str, Counting] = defaultdict(Counting)
        known: dict[str, Together] = {}
        votes = 0
        for pair in pairs:
            name = family(pair)
            if levels is not None:
                inside = tuple(sorted(set(levels(pair))))
            elif name in known:
                inside = known[name]
            else:
                inside = known[name] = parts_of(name)
            cast = sum([vote.choice != "abstain" for vote in pair.all_votes])
            votes += cast
            profiles[Profile(name, inside, act(pair.chosen), act(pair.rejected), cast > 0)] += 1
            prompts[name].add("\x1f".join([message.content for message in pair.prompt]))
        return cls(dict(profiles), votes, {name: counting.done() for name, counting in prompts.items()})

    def merge(self, other: Ledger) -> Ledger:
        """The ledger of both parts: the same whatever the order and the grouping."""
        return Ledger(
            dict(Counter(self.profiles) + Counter(other.profiles)),
            self.votes + other.votes,
            {
                name: self.prompts.get(name, Distinct()).merge(other.prompts.get(name, Distinct()))
                for name in {*self.prompts, *other.prompts}
            },
        )

    @cached_property
    def pairs(self) -> int:
        """How many pairs were counted."""
        return sum(self.profiles.values())

    @cached_property
    def distinct_prompts(self) -> Distinct:
        """The different prompts of all families."""
        return reduce(Distinct.merge, self.prompts.values(), Distinct())

    def combinations(self, strength: int) -> Counter[Together]:
        """How many pairs showed each combination of ``strength`` levels in their prompt."""
        found: Counter[Together] = Counter()
        for profile, n in self.profiles.items():
            for combination in together(profile.levels, strength):
                found[combination] += n
        return found

    def report(
        self,
        families: Sequence[str],
        acts: Sequence[str] = (),
        feasible: Mapping[int, Collection[Together]] | None = None,
        generated: Collection[tuple[str, str]] = (),
    ) -> LedgerReport:
        """What was and was not shown, measured against what could have been.

        ``families`` and ``acts`` are those that matter, ``feasible`` the combinations of levels that can occur, by
        strength (by default the combinations within ``families``), ``generated`` the (family, act) pairs that the
        model under test really produces.
        """
        if feasible is None:
            feasible = {t: {c for name in families for c in together(parts_of(name), t)} for t in STRENGTHS}
        names = list(dict.fromkeys((*families, *sorted(name for name in self.prompts if name))))
        return LedgerReport(
            pairs=self.pairs,
            votes=self.votes,
            prompts=self.distinct_prompts.count,
            exact=self.distinct_prompts.exact,
            families=tuple(self._family(name, acts) for name in names),
            acts=tuple(self._acts(names, acts, set(generated))),
            unmapped=_share(sum(n for p, n in self.profiles.items() if not p.family), self.pairs),
            never_rated=sum(n for p, n in self.profiles.items() if not p.rated),
            coverage=tuple(coverage(self.combinations(t), found, t) for t, found in sorted(feasible.items()) if found),
            effective=tuple(
                effective_number([d.count for f, d in self.prompts.items() if f], order) for order in (1, 2)
            ),
            unseen=unseen_mass([d.count for f, d in self.prompts.items() if f]),
        )

    def _family(self, name: str, acts: Sequence[str]) -> FamilyShown:
        own = {p: n for p, n in self.profiles.items() if p.family == name}
        seen = {part for p in own for joint in (p.chosen, p.rejected) for part in parts_of(joint)}
        return FamilyShown(
            family=name,
            prompts=self.prompts.get(name, Distinct()).count,
            pairs=sum(own.values()),
            same_act=sum(n for p, n in own.items() if p.chosen == p.rejected),
            never_compared=tuple(act for act in acts if act not in seen),
        )

    def _acts(self, names: Sequence[str], acts: Sequence[str], generated: set[tuple[str, str]]) -> Iterable[ActShown]:
        compared: Counter[tuple[str, str]] = Counter()
        won: Counter[tuple[str, str]] = Counter()
        for p, n in self.profiles.items():
            for act in {*parts_of(p.chosen), *parts_of(p.rejected)}:
                compared[p.family, act] += n if p.rated and p.chosen != p.rejected else 0
            for act in set(parts_of(p.chosen)) - set(parts_of(p.rejected)):
                won[p.family, act] += n if p.rated else 0
        known = dict.fromkeys((*acts, *sorted({act for _, act in (*compared, *generated)})))
        for name in names:
            for act in known:
                at = (name, act)
                yield ActShown(name, act, compared[at], won[at], at in generated if generated else None)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@dataclass(frozen=True)
class FamilyShown:
    """How often reviewers saw a family; ``same_act`` pairs differ in wording only."""

    family: str
    prompts: int
    pairs: int
    same_act: int
    never_compared: tuple[str, ...]


@dataclass(frozen=True)
class ActShown:
    """How often an act was compared with another one for a family, and how often it was the chosen one.

    ``generated`` tells whether the model under test does it there, None where nobody looked.
    """

    family: str
    act: str
    compared: int
    chosen: int
    generated: bool | None


@dataclass(frozen=True)
class LedgerReport:
    """What reviewers saw. ``coverage`` is that of single levels, pairs and triples, of the combinations possible.

    ``unmapped`` is the share of pairs whose prompt fits no family; ``effective`` how many equally common families
    would be as diverse (by entropy, by inverse Simpson); ``unseen`` holds only on its own condition.
    """

    pairs: int
    votes: int
    prompts: int
    exact: bool
    families: tuple[FamilyShown, ...]
    acts: tuple[ActShown, ...]
    unmapped: float
    never_rated: int
    coverage: tuple[Coverage, ...]
    effective: tuple[float, ...]
    unseen: UnseenMass

    @property
    def never_shown(self) -> tuple[str, ...]:
        """The families that no reviewer ever saw."""
        return tuple(f.family for f in self.families if not f.prompts)

    @property
    def generated_but_never_compared(self) -> tuple[ActShown, ...]:
        """What the model under test does and no reviewer ever judged there."""
        return tuple(a for a in self.acts if a.generated and not a.compared)

    def shown(self, family: str) -> FamilyShown | None:
        """The row of a family, None for one the ledger was not asked about and never saw."""
        return next((f for f in self.families if f.family == family), None)

    @property
    def sentence(self) -> str:
        """What to show reviewers next."""
        about = "" if self.exact else "about "
        if not self.pairs:
            return "the preference data is empty: no prompt was shown to reviewers"
        least = min(self.families, key=lambda f: f.prompts, default=None)
        if least is None:
            return f"no family was named; {counted(self.prompts, 'prompt')} shown to reviewers, none of them sorted"
        said = f"{least.family}: {least.prompts} of {about}{self.prompts} prompts shown to reviewers"
        others = len(self.never_shown) - (not least.prompts)
        if others:
            said += f", and {others} other famil{'y' if others == 1 else 'ies'} never"
        pairs = next((c for c in self.coverage if c.strength == 2 and c.missing), None)
        if pairs is not None:
            said += f"; {pairs.covered} of {pairs.feasible} pairs of ingredients seen together"
        if self.unmapped:
            said += f"; {percent(self.unmapped)} of the pairs {NO_FAMILY}"
        return said

    def rows(self) -> tuple[Row, ...]:
        """One row for each family."""
        return plain_rows(self.families)
