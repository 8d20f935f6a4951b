"""A suite's Jinja2 templates: a small part of the language, sandboxed, undefined names are errors, output bounded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sized
from itertools import islice
from typing import cast

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pytest_rlhfstress.errors import UserError, nearest

MOST_CHARACTERS = 100_000
MOST_SOURCE = 20_000
MOST_ITEMS = 1_000
"""Rounds of one loop, and items of a list that is joined."""
_ON_TEXTS = ("capitalize", "lower", "replace", "title", "trim", "upper")
_ON_LISTS = ("count", "first", "join", "json", "last", "length", "reject", "reverse", "select", "sort", "unique")
FILTERS = frozenset((*_ON_TEXTS, *_ON_LISTS, "default"))
"""Those that suites need, and with which no few characters of template use up memory or time."""
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Call: "calling something",
    nodes.CallBlock: "a call block",
    nodes.Macro: "a macro",
    nodes.FilterBlock: "a filter block",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "a block",
    nodes.With: "with",
    nodes.AssignBlock: "a set block",
    nodes.NSRef: "namespace",
    nodes.ScopedEvalContextModifier: "autoescape",
    nodes.Mul: "*",
    nodes.Pow: "**",
    nodes.Mod: "%",
    nodes.Concat: "~ (write + instead)",
}
_FAILURES = (
    TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError, NameError,
)  # fmt: skip
"""What a template may raise while it is rendered; NameError, since Jinja2 compiles an endless number to `inf`."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Also without what lets a few characters of template use up memory or time."""

    intercepted_binops = frozenset(["+"])

    def call_binop(self, context: object, operator: str, left: object, right: object) -> object:
        """Add, as long as what comes of it is no longer than a message may be."""
        if sum(len(side) for side in (left, right) if isinstance(side, Sized)) > MOST_CHARACTERS:
            raise SecurityError(f"a sum of more than {MOST_CHARACTERS} characters")
        return super().call_binop(context, operator, left, right)  # type: ignore[arg-type]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _check(tree, loops=0)
        return tree


def _check(node: nodes.Node, loops: int) -> None:
    """Raises SecurityError for what a suite's template may not contain; every loop is given an end."""
    for kind, said in _REFUSED.items():
        if isinstance(node, kind):
            raise SecurityError(f"{said} is not available in a suite's template (its line {node.lineno})")
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise SecurityError(f"there is no filter {node.name!r} in a suite's template{nearest(node.name, FILTERS)}")
    if isinstance(node, nodes.For):
        if loops or node.recursive:
            raise SecurityError(f"a loop within a loop is not available in a suite's template (its line {node.lineno})")
        loops += 1
    for child in node.iter_child_nodes():
        _check(child, loops)
    if isinstance(node, nodes.For):
        node.iter = nodes.Filter(node.iter, "_bounded", [], [], None, None, lineno=node.lineno)


def _bounded(items: Iterable[object]) -> Iterator[object]:
    for number, item in enumerate(items):
        if number >= MOST_ITEMS:
            raise SecurityError(f"a loop of more than {MOST_ITEMS} rounds")
        yield item


def _join(items: Iterable[object], between: str = "") -> str:
    parts = [str(item) for item in islice(items, MOST_ITEMS + 1)]
    between = str(between)
    if len(parts) > MOST_ITEMS or sum(map(len, parts)) + len(parts) * len(between) > MOST_CHARACTERS:
        raise SecurityError(f"a join of more than {MOST_ITEMS} parts or {MOST_CHARACTERS} characters")
    return between.join(parts)


def _json(value: object) -> str:
    plain = isinstance(value, Mapping | list | str | int | float) or value is None
    text = json.dumps(value if plain else list(_bounded(cast(Iterable[object], value))), ensure_ascii=False)
    if len(text) > MOST_CHARACTERS:
        raise SecurityError(f"JSON of more than {MOST_CHARACTERS} characters")
    return text


def _replace(text: str, old: str, new: str) -> str:
    text, old, new = str(text), str(old), str(new)
    if len(text) + text.count(old) * len(new) > MOST_CHARACTERS:
        raise SecurityError(f"a replacement of more than {MOST_CHARACTERS} characters")
    return text.replace(old, new)


def _environment() -> _Sandbox:
    environment = _Sandbox(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    environment.globals.clear()
    kept = {name: function for name, function in environment.filters.items() if name in FILTERS}
    environment.filters.clear()
    environment.filters.update(kept, join=_join, json=_json, replace=_replace, _bounded=_bounded)
    return environment


_ENVIRONMENT = _environment()


class MessageTemplate:
    """One template of a suite and where it stands, for messages about it."""

    def __init__(self, source: str, where: str) -> None:
        """Compile ``source``; raises UserError naming ``where`` for a syntax error or what may not stand there."""
        self.where = where
        if len(source) > MOST_SOURCE:
            raise UserError(f"{where}: a template of {len(source)} characters; {MOST_SOURCE} are allowed")
        try:
            self._template: Template = _ENVIRONMENT.from_string(source)
        except TemplateSyntaxError as error:
            raise UserError(f"{where}: template does not parse (its line {error.lineno}): {error.message}") from None
        except SecurityError as error:
            raise UserError(f"{where}: the template tries to leave its sandbox: {error}") from None
        except (TemplateError, RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as error:
            raise UserError(f"{where}: template does not compile: {type(error).__name__}: {error}") from None

    def render(self, values: Mapping[str, object]) -> str:
        """The text, without blanks at its ends. Raises UserError for undefined names and sandbox breaches."""
        pieces: list[str] = []
        length = 0
        try:
            for piece in self._template.generate(**values):
                length += len(piece)
                if length > MOST_CHARACTERS:
                    raise UserError(f"{self.where}: the template writes more than {MOST_CHARACTERS} characters")
                pieces.append(piece)
        except UndefinedError as error:
            raise UserError(f"{self.where}: {error.message}; it may use: {', '.join(sorted(values))}") from None
        except SecurityError as error:
            raise UserError(f"{self.where}: the template tries to leave its sandbox: {error}") from None
        except _FAILURES as error:
            raise UserError(f"{self.where}: the template fails: {type(error).__name__}: {error}") from None
        return "".join(pieces).strip()
