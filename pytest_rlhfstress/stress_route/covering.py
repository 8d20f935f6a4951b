"""Rows in which every pair (or triple) of compatible ingredients occurs: the search begins with them.

A greedy one-row-at-a-time construction (AETG: Cohen, Dalal, Fredman and Patton, 1997).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations
from random import Random

from pytest_rlhfstress.conversation import Ingredient
from pytest_rlhfstress.stress_route.composing import SPEAKING, changes
from pytest_rlhfstress.stress_route.dialogue_composing import Drawn, composer_of
from pytest_rlhfstress.stress_route.wanted import Wanted
from pytest_rlhfstress.suites import MATTERS, Entry

Key = str
Tuple = frozenset[Key]
Row = tuple[Ingredient | None, ...]
FILLED = 0.5
"""How often a slot with nothing left to cover is filled all the same."""
WORDINGS = 24
"""How often a row is worded anew before a tuple is taken to show in no message."""


class Grid:
    """The slots of a request as named options, and which of them can stand together."""

    def __init__(self, request: Wanted) -> None:
        self.slots = request.slots
        self._tuples: dict[int, frozenset[Tuple]] = {}
        entries = {str(i): request.suite.entry(i.category, i.name) for slot in self.slots for i in slot.options}
        speaking = [i for slot in self.slots for i in slot.options if i.category in SPEAKING]
        shifts = {name: entry for name, entry in entries.items() if entry.rewrite or entry.replace}
        self._shifts = shifts.keys()
        self._showing = {
            option: frozenset(name for name, shift in shifts.items() if changes(shift, option.phrase))
            for option in speaking
        }
        languages = {lang for i in speaking if i.category in MATTERS for lang in entries[str(i)].says_in}
        shown = frozenset().union(*self._showing.values())
        # A shift that finds nothing to change, or a language in which nobody says anything, shows in no case.
        idle = {
            name
            for name, entry in entries.items()
            if (name in shifts and name not in shown) or (entry.language and entry.language not in languages)
        }
        self.names = [list(dict.fromkeys(str(i) for i in slot.options if str(i) not in idle)) for slot in self.slots]
        self._wordings: list[dict[Key, list[Ingredient]]] = [{} for _ in self.slots]
        for slot, wordings in zip(self.slots, self._wordings, strict=True):
            for option in slot.options:
                wordings.setdefault(str(option), []).append(option)
        self._allies = {
            name: frozenset(o for o, other in entries.items() if o != name and _compatible(entry, other))
            for name, entry in entries.items()
        }

    def best_worded(self, at: int, key: Key, row: Collection[Key | None]) -> list[Ingredient]:
        """The wordings of ``key`` in slot ``at`` in which most of the row's shifts of spelling show."""
        shifts = self._shifts & set(row)
        options = self._wordings[at][key]
        if not shifts:
            return options
        shown = [len(self._showing.get(option, frozenset()) & shifts) for option in options]
        return [option for option, count in zip(options, shown, strict=True) if count == max(shown)]

    def allows(self, name: Key, others: Collection[Key]) -> bool:
        """Whether an ingredient can stand in one case with all the others."""
        return self._allies[name].issuperset(others)

    def tuples(self, strength: int) -> frozenset[Tuple]:
        """Every set of ``strength`` ingredients that some case can hold."""
        if strength not in self._tuples:
            found: set[Tuple] = set()
            for slots in combinations(range(len(self.names)), strength):
                self._extend(slots, (), self._matters_beside(slots), found)
            self._tuples[strength] = frozenset(found)
        return self._tuples[strength]

    def _matters_beside(self, slots: Collection[int]) -> Sequence[Key]:
        """What every case is about, unless one of ``slots`` says it: what cannot stand beside it is left out."""
        for at, slot in enumerate(self.slots):
            if slot.required and slot.options[0].category in MATTERS and at not in slots:
                return self.names[at]
        return ()

    def _extend(self, slots: Sequence[int], chosen: tuple[Key, ...], matters: Sequence[Key], found: set[Tuple]) -> None:
        if not slots:
            if not matters or any(self.allows(matter, chosen) for matter in matters):
                found.add(frozenset(chosen))
            return
        for name in self.names[slots[0]]:
            if self.allows(name, chosen):
                self._extend(slots[1:], (*chosen, name), matters, found)


def grid_of(request: Wanted) -> Grid:
    """The grid of a request: rows are made from it, and coverage is counted against it."""
    # A request holds its suite, which cannot be hashed; its key stands for it.
    if request.key not in _grids:
        _grids[request.key] = Grid(request)
    return _grids[request.key]


_grids: dict[str, Grid] = {}


def _compatible(first: Entry, second: Entry) -> bool:
    for one, other in ((first, second), (second, first)):
        if f"{other.category}:{other.name}" in one.crosses_off:
            return False
    if (first.locale and second.locale) or (first.tells_the_matter and second.tells_the_matter):
        return False
    for shift, other in ((first, second), (second, first)):
        if shift.language and other.category in MATTERS and shift.language not in other.says_in:
            return False
    return not (first.language and second.language)


class _Open:
    """The tuples that no row holds yet: for each ingredient, as bits of a number, what else is in them."""

    def __init__(self, tuples: Iterable[Tuple]) -> None:
        self._bits: dict[Tuple, int] = {}
        self._beside: dict[Key, int] = {}
        self._tuples: set[Tuple] = set()
        for one in tuples:
            self._tuples.add(one)
            for key in one:
                bit = 1 << self._bits.setdefault(one - {key}, len(self._bits))
                self._beside[key] = self._beside.get(key, 0) | bit

    def __contains__(self, one: Tuple) -> bool:
        return one in self._tuples

    def rests(self, present: Iterable[Tuple]) -> int:
        """What may stand beside another ingredient, as ``gain`` takes it."""
        return sum(1 << self._bits[rest] for rest in present if rest in self._bits)

    def gain(self, key: Key, rests: int) -> int:
        """How many of these tuples ``key`` makes with the ``rests``."""
        return (self._beside.get(key, 0) & rests).bit_count()

    def close(self, held: set[Tuple]) -> None:
        """A row holds these."""
        for one in held & self._tuples:
            self._tuples.remove(one)
            for key in one:
                self._beside[key] ^= 1 << self._bits[one - {key}]


def covering_rows(request: Wanted, strength: int, seed: int, most: int | None = None) -> list[Row]:
    """Rows (one ingredient or None per slot) that hold every compatible ``strength``-tuple, at most ``most``.

    A row counts for what its composed message really carries: a shift that finds nothing to change in one
    wording is tried in others, and left out where none of them shows it.
    """
    grid = grid_of(request)
    compose = composer_of(request)
    random = Random(seed)
    still_open = _Open(grid.tuples(strength))
    pending = sorted(grid.tuples(strength), key=sorted)
    random.shuffle(pending)
    rows: list[Row] = []
    for start in pending:
        if most is not None and len(rows) >= most:
            break
        if start not in still_open:
            continue
        for attempt in range(WORDINGS):
            # What is still wanted may leave no word for a shift to change; then anything may stand beside it.
            wanted = still_open if attempt < WORDINGS // 4 else None
            row = _worded(grid, _filled(grid, start, wanted, strength, random), random)
            held = _held(compose, row, strength)
            if start in held:
                still_open.close(held)
                rows.append(row)
                break
    return rows


def _held(compose: Callable[[tuple[Ingredient, ...]], Drawn], row: Row, strength: int) -> set[Tuple]:
    return tuples_in([compose(tuple(i for i in row if i is not None))], strength)


def _filled(grid: Grid, start: Tuple, wanted: _Open | None, strength: int, random: Random) -> list[Key | None]:
    """One row around ``start``, each free slot filled with what covers most that is still wanted."""
    keys: list[Key | None] = [None] * len(grid.names)
    for key in sorted(start):
        keys[next(at for at, names in enumerate(grid.names) if keys[at] is None and key in names)] = key
    for at in sorted((a for a, k in enumerate(keys) if k is None), key=lambda a: (-len(grid.names[a]), a)):
        present = [k for k in keys if k]
        options = [n for n in grid.names[at] if grid.allows(n, present)]
        rests = wanted.rests(map(frozenset, combinations(present, strength - 1))) if wanted else 0
        gains = {n: wanted.gain(n, rests) for n in options} if wanted else {}
        best = max(gains.values(), default=0)
        # A slot with nothing left to cover is filled every other time all the same: larger sets occur by chance then.
        if best or (options and (grid.slots[at].required or not wanted or random.random() < FILLED)):
            keys[at] = random.choice([n for n in options if gains.get(n, 0) == best])
    return keys


def _worded(grid: Grid, keys: Sequence[Key | None], random: Random) -> Row:
    return tuple(random.choice(grid.best_worded(at, key, keys)) if key else None for at, key in enumerate(keys))


def tuples_in(cases: Iterable[Drawn], strength: int) -> set[Tuple]:
    """The ``strength``-tuples of ingredients that occur in ``cases``: what a run really covered."""
    return {
        frozenset(chosen) for case in cases for chosen in combinations(sorted(map(str, case.ingredients)), strength)
    }
