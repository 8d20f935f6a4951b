"""What `cases(suite, ...)` asks for, checked: which ingredients may, must or must not be mixed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pytest_rlhfstress.conversation import Ingredient
from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.stress_route.composing import PLAIN_FAMILY
from pytest_rlhfstress.suites import MATTERS, Entry, Suite

Where = str | bool | None | Collection[str]
PLAIN_PLACEMENT = "start"
MOST_INTENTS = 2
MOST_PRESSURES = 2
MOST_ATTACKS = 2
MOST_SHIFTS = 2
OF_DIALOGUES = ("move", "fault")
PLAIN_UNLESS_NAMED = ("attack", "shift", "placement", "fault")
"""What dialogues hold only where it is named."""
MOST_TURNS = 12


@dataclass(frozen=True)
class Slot:
    """One place in the recipe: the ingredients it may hold and how often, of four, it is filled."""

    options: tuple[Ingredient, ...]
    quarters: int

    @property
    def required(self) -> bool:
        """Whether it is always filled."""
        return self.quarters == 4


@dataclass(frozen=True)
class Wanted:
    """The checked request: its slots in the order they are drawn. ``turns`` is the most of a dialogue, 0 for cases."""

    suite: Suite
    locale: str
    slots: tuple[Slot, ...]
    turns: int = 0

    @property
    def key(self) -> str:
        """Equal for equal requests: what a stream of cases is seeded by."""
        return repr((self.suite.digest, self.locale, self.slots))


@dataclass(frozen=True)
class _Call:
    """The call whose arguments are checked: the function's name, for messages, and the keywords it may be given."""

    function: str
    suite: Suite
    keywords: Collection[str]

    def wrong(self, argument: str, why: str) -> UserError:
        """The error about one argument, or about the call as a whole where ``argument`` is empty."""
        said = ", ".join(filter(None, [repr(self.suite.name), argument]))
        return UserError(f"{self.function}({said}): {why}")


def wanted(suite: Suite, where: Mapping[str, Where]) -> Wanted:
    """Check ``where`` against the suite. Raises UserError naming the nearest keyword or value."""
    return _checked(_Call("cases", suite, _keywords(suite) - {*OF_DIALOGUES}), where)


def wanted_dialogues(suite: Suite, where: Mapping[str, Where], turns: int) -> Wanted:
    """Check what ``dialogues(suite, ...)`` asks for. Raises UserError as ``wanted`` does."""
    call = _Call("dialogues", suite, _keywords(suite) | {"turns"})
    if not suite.entries["move"]:
        raise call.wrong("", "the suite has no moves; write a section `moves`")
    if not 1 <= turns <= MOST_TURNS:
        raise call.wrong(f"turns={turns}", f"write a number from 1 to {MOST_TURNS}")
    return _checked(call, {**dict.fromkeys(PLAIN_UNLESS_NAMED), **where}, turns)


def _keywords(suite: Suite) -> set[str]:
    return {*suite.entries, *suite.fact_values, "locale", "family"}


def _checked(call: _Call, where: Mapping[str, Where], turns: int = 0) -> Wanted:
    suite = call.suite
    for keyword in where:
        if keyword not in call.keywords:
            raise call.wrong(f"{keyword}=...", f"no such keyword{nearest(keyword, call.keywords)}")
    locale = _locale(call, where.get("locale"))
    facts = {name: _values(call, name, value) for name, value in where.items() if name in suite.fact_values}
    family = where.get("family")
    choice = {category: _choice(call, category, where.get(category, ...)) for category in suite.entries}
    if locale != suite.locale:
        choice["shift"] = _Choice([e for e in choice["shift"].entries if not e.locale], choice["shift"].must)
    intents = _several(choice["intent"], MOST_INTENTS)
    if family is not None:
        facts, intents = _of_family(call, family, facts)
    matter = _matter_slot(call, choice, facts)
    if not matter.options:
        # Nothing is there to be placed, or to be said in another language.
        choice["placement"] = _Choice([], False)
        choice["shift"] = _Choice([e for e in choice["shift"].entries if not e.language], choice["shift"].must)
    slots = (
        matter,
        *intents,
        *_several(choice["pressure"], MOST_PRESSURES),
        *_several(choice["attack"], MOST_ATTACKS),
        *_several(choice["shift"], MOST_SHIFTS),
        *_several(_away_from_plain(choice["placement"]), 1),
        *_several(choice["move"], turns - 1),
        *_several(choice["fault"], min(turns, 1)),
    )
    return Wanted(suite, locale, tuple(s for s in slots if s.options), turns)


@dataclass(frozen=True)
class _Choice:
    entries: list[Entry]
    must: bool


def _choice(call: _Call, category: str, value: object) -> _Choice:
    entries = call.suite.entries[category]
    if value is ...:
        return _Choice(list(entries.values()), False)
    if value is None or value is False:
        return _Choice([], False)
    if value is True:
        return _Choice(list(entries.values()), True)
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else None
    if names is None or not all(isinstance(n, str) for n in names):
        raise call.wrong(f"{category}={value!r}", "write a name, a list of names, True or None")
    for name in names:
        if name not in entries:
            raise call.wrong(f"{category}={name!r}", f"no such {category}{nearest(name, entries)}")
    return _Choice([entries[name] for name in names], True)


def _locale(call: _Call, value: Where) -> str:
    locales = call.suite.locales
    if value is None:
        return call.suite.locale
    if not isinstance(value, str) or value not in locales:
        raise call.wrong(f"locale={value!r}", f"no such locale{nearest(str(value), locales)}")
    return value


def _values(call: _Call, fact: str, value: Where) -> tuple[str, ...]:
    known = call.suite.fact_values[fact]
    values = [value] if isinstance(value, str) else list(value) if isinstance(value, Collection) else [repr(value)]
    for one in values:
        if one not in known:
            raise call.wrong(f"{fact}={one!r}", f"no such value{nearest(one, known)}")
    return tuple(values)


def _phrased(entries: Iterable[Entry]) -> tuple[Ingredient, ...]:
    """Every phrasing of the entries, first phrasings first: the shrinker prefers what stands earlier."""
    ranked = [
        (rank, Ingredient(e.category, e.name, phrase, e.expects))
        for e in entries
        for rank, phrase in enumerate(e.says or ("",))
    ]
    return tuple(i for _, i in sorted(ranked, key=lambda pair: pair[0]))


def _away_from_plain(choice: _Choice) -> _Choice:
    """Standing at the start is how a message is composed anyway, so it is no ingredient."""
    elsewhere = [e for e in choice.entries if e.name != PLAIN_PLACEMENT]
    return _Choice(elsewhere, choice.must and len(elsewhere) == len(choice.entries))


def _several(choice: _Choice, most: int) -> tuple[Slot, ...]:
    options = _phrased(choice.entries)
    first = 4 if choice.must else 2 if most > 1 else 1
    return tuple(Slot(options, first if at == 0 else 1) for at in range(most))


def _fits(suite: Suite, entry: Entry | None, facts: Mapping[str, tuple[str, ...]]) -> bool:
    own = {**suite.fact_defaults, **(entry.facts if entry else {})}
    return all(own[name] in values for name, values in facts.items())


def _matter_slot(call: _Call, choice: Mapping[str, _Choice], facts: Mapping[str, tuple[str, ...]]) -> Slot:
    demanded = [c for c in MATTERS if choice[c].must]
    entries = [e for c in (demanded or MATTERS) for e in choice[c].entries if _fits(call.suite, e, facts)]
    may_be_absent = not demanded and _fits(call.suite, None, facts)
    if not entries and not may_be_absent:
        asked = ", ".join(f"{k}={'/'.join(v)}" for k, v in facts.items())
        raise call.wrong("", f"no duty, ambiguous or hard_negative of the suite has {asked}")
    languages = _demanded_languages(choice["shift"])
    if languages:
        may_be_absent = False
        entries = [e for e in entries if languages & e.says_in.keys()]
        if not entries:
            named = "/".join(e.name for e in choice["shift"].entries)
            raise call.wrong(f"shift={named}", "what the other arguments leave is said in no such language (`says_in`)")
    return Slot(_phrased(entries), 2 if may_be_absent else 4)


def _demanded_languages(shift: _Choice) -> set[str]:
    """The languages of which one must be spoken; none where another shift would do."""
    languages = {e.language for e in shift.entries}
    return languages if shift.must and "" not in languages else set()


def _of_family(
    call: _Call, family: Where, facts: dict[str, tuple[str, ...]]
) -> tuple[dict[str, tuple[str, ...]], tuple[Slot, ...]]:
    suite = call.suite
    known = {e.family for e in suite.entries["intent"].values()}
    urgencies = set(suite.fact_values.get("urgency", ()))
    parts = [] if family == PLAIN_FAMILY else str(family).split(" + ")
    slots = []
    for part in parts:
        if part in urgencies:
            facts = {**facts, "urgency": (part,)}
        elif part in known:
            entries = [e for e in suite.entries["intent"].values() if e.family == part]
            slots.append(Slot(_phrased(entries), 4))
        else:
            raise call.wrong(f"family={family!r}", f"no family {part!r}{nearest(part, known | urgencies)}")
    return facts, tuple(slots)
