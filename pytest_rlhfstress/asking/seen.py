"""What was seen before, remembered in a few bytes each: a long run sees much."""

from __future__ import annotations

from array import array
from collections.abc import Hashable

FIRST = 1024
"""Places at the beginning; there are always a power of two of them."""
_EMPTY = 0
_MASK = 2**64 - 1
_SPREADING = 0x9E3779B97F4A7C15
"""2⁶⁴ by the golden ratio, and odd: hashes that are alike (small integers are their own) come to lie far apart."""


class Seen:
    """A set that keeps of each thing only Python's hash of it, 12 to 24 bytes where a set's hashes take 60 to 140.

    Two things of one hash are taken for one. The hashes have 64 bits: among n things this happens with a probability
    of about n² / 2⁶⁵, which for a hundred thousand is one in four thousand million. It grows under its caller's lock
    where threads share it; who only looks needs none.
    """

    def __init__(self) -> None:
        self._places = array("Q", bytes(8 * FIRST))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, thing: Hashable) -> bool:
        places, code = self._places, _code(thing)
        return places[_place(places, code)] == code

    def add(self, thing: Hashable) -> bool:
        """Whether it is new."""
        code = _code(thing)
        at = _place(self._places, code)
        if self._places[at] == code:
            return False
        self._places[at] = code
        self._count += 1
        if 3 * self._count > 2 * len(self._places):
            self._grow()
        return True

    def _grow(self) -> None:
        wider = array("Q", bytes(16 * len(self._places)))
        for code in self._places:
            if code != _EMPTY:
                wider[_place(wider, code)] = code
        self._places = wider


def _code(thing: Hashable) -> int:
    return hash(thing) * _SPREADING & _MASK or 1


def _place(places: array[int], code: int) -> int:
    """Where ``code`` is, or the empty place where it belongs."""
    last = len(places) - 1
    at = code >> 64 - last.bit_length()
    while places[at] != code and places[at] != _EMPTY:
        at = (at + 1) & last
    return at
