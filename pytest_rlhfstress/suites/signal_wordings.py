"""Named lists of alternatives that a suite's expressions share: ``<go>`` stands for ``(?:go|head|hurry)``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import regex

from pytest_rlhfstress.errors import UserError, nearest

_NAME = regex.compile(r"(?<!\(\?P?|\\[kgL]?)<(?:not:)?(?P<name>[a-z][a-z0-9_]*)>")
Lookup = Callable[[str], str]


class Wordings:
    """The suite's ``wordings``. Raises UserError where one has a number's name, or contains itself."""

    def __init__(self, written: Mapping[str, Sequence[str]], number_kinds: Collection[str]) -> None:
        self._written = written
        self._kinds = number_kinds
        for name in written:
            if name in number_kinds:
                raise UserError(f"wordings.{name}: the locales have numbers of that name; choose another")
        self._expanded = {name: self._either(name, ()) for name in written}

    def expand(self, expression: str, where: Callable[[], str]) -> str:
        """``expression`` with its wordings written out; the names of numbers stay.

        Raises UserError for a name that is neither.
        """
        return self._replaced(expression, where, lambda name: self._expanded[name])

    def _either(self, name: str, inside: tuple[str, ...]) -> str:
        if name in inside:
            raise UserError(f"wordings.{name}: stands for itself ({' -> '.join((*inside, name))}); write it out")
        parts = [
            self._replaced(part, lambda: f"wordings.{name}", lambda other: self._either(other, (*inside, name)))
            for part in self._written[name]
        ]
        return f"(?:{'|'.join(parts)})"

    def _replaced(self, expression: str, where: Callable[[], str], lookup: Lookup) -> str:
        def one(found: regex.Match[str]) -> str:
            name = found["name"]
            if name in self._kinds:
                return found.group()
            if name not in self._written or found.group().startswith("<not:"):
                raise UserError(
                    f"{where()}: {expression!r} names {found.group()}, and there is neither a wording nor a number "
                    f"in the locales of that name{nearest(name, [*self._written, *self._kinds])} "
                    "Write \\< for a plain <"
                )
            return lookup(name)

        return _NAME.sub(one, expression)
