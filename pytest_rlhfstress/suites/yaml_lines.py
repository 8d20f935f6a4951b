"""YAML read safely, remembering the line each field stands on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import yaml

from pytest_rlhfstress.errors import UserError

FieldPath = tuple[str | int, ...]
MOST_BYTES = 2_000_000
MOST_NODES = 100_000
MOST_DEPTH = 40
MOST_BITS = 64
"""Of a whole number; Python refuses to write out very long ones."""

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS = yaml.constructor.SafeConstructor()


@dataclass(frozen=True)
class Document:
    """A YAML file's plain data and the line (from 1) of every field in it."""

    file: Path
    data: object
    lines: dict[FieldPath, int]


def read_yaml(file: Path) -> Document:
    """The file as plain data. Raises UserError naming file and line for whatever is wrong with it."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None
    if len(raw) > MOST_BYTES:
        raise UserError(
            f"{file}: {len(raw)} bytes; a suite file may have {MOST_BYTES}: split it and `include` the parts"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{file}:{line}: not UTF-8 (byte {error.start}); save the file as UTF-8") from None
    try:
        if (
            len(text) > MOST_NODES
            and sum(1 for _ in islice(yaml.parse(text, Loader=_Loader), 2 * MOST_NODES)) > MOST_NODES
        ):
            raise UserError(f"{file}: more than {MOST_NODES} values; split it and `include` the parts")
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{file}:{line}: not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{file}: not valid YAML: {error}") from None
    return _Builder(file).build(node)


class _Builder:
    """Turns composed nodes into plain data, bounded, so that aliases cannot blow up memory."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines: dict[FieldPath, int] = {}
        self.built = 0

    def build(self, node: yaml.Node | None) -> Document:
        data = {} if node is None else self._value(node, ())
        return Document(self.file, data, self.lines)

    def _value(self, node: yaml.Node, path: FieldPath) -> object:
        self.built += 1
        if self.built > MOST_NODES or len(path) > MOST_DEPTH:
            raise self._error(node, "the file unfolds to too many or too deeply nested values (aliases?)")
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*path, at)) for at, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: FieldPath) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, "a key must be a plain word")
            key = str(key_node.value)
            if key in found:
                raise self._error(key_node, f"{key!r} stands here twice; the first would be lost")
            found[key] = self._value(value_node, (*path, key))
            self.lines[(*path, key)] = key_node.start_mark.line + 1
        return found

    def _scalar(self, node: yaml.Node) -> object:
        try:
            value = _SCALARS.construct_object(node)
            if isinstance(value, int) and value.bit_length() > MOST_BITS:
                raise ValueError(node.value)
            return value
        except (yaml.YAMLError, ValueError):
            raise self._error(node, f"{node.tag} is not allowed here, or no such value; write a plain one") from None

    def _error(self, node: yaml.Node, text: str) -> UserError:
        return UserError(f"{self.file}:{node.start_mark.line + 1}: {text}")
