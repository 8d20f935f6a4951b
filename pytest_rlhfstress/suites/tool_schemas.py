"""The JSON Schemas of tools: checked when a suite is read, and held against what a model passed.

A suite may come from a stranger: nothing is fetched for it, and none of its expressions may take long.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_rlhfstress.errors import UserError

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

SECONDS = 1.0
"""The longest an expression of a schema may search one text."""
SHOWN = 200
DEEP = 50
"""Brackets below which it is the schema and not the arguments that goes on without end."""


def schema_fault(parameters: Mapping[str, object]) -> str:
    """What keeps ``parameters`` from being the JSON Schema of a tool's arguments, or ""."""
    import regex
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(parameters)
        for key, value in _keywords(parameters):
            if key in ("$ref", "$dynamicRef") and not str(value).startswith("#"):
                return f"{key} {value!r} leads elsewhere; write what it means here, or #/$defs/NAME"
            if key == "patternProperties":
                return "patternProperties is not available; name the properties"
            if key == "pattern":
                regex.compile(str(value))
    except SchemaError as error:
        return error.message[:SHOWN]
    except (regex.error, RecursionError) as error:
        return f"{type(error).__name__}: {error}"
    return "" if parameters.get("type") == "object" else "write type: object, with properties"


def misfit(name: str, parameters: Mapping[str, object], arguments: Mapping[str, object]) -> str:
    """Why ``arguments`` are not what the tool called ``name`` wants, or "".

    Raises UserError where its schema cannot be applied: an expression that takes too long, a reference to nothing.
    """
    from jsonschema.exceptions import ValidationError
    from referencing.exceptions import Unresolvable

    given: Any = arguments
    try:
        error: ValidationError | None = next(iter(_validator(json.dumps(parameters)).iter_errors(given)), None)
    except TimeoutError:
        raise UserError(f"the tool {name}: an expression of its schema takes longer than {SECONDS:g} s") from None
    except RecursionError:
        if json.dumps(arguments).count("{") + json.dumps(arguments).count("[") > DEEP:
            return f"the arguments nest too deeply for {name}'s schema"
        raise UserError(f"the tool {name}: its schema cannot be applied: it leads back to itself") from None
    except Unresolvable as broken:
        raise UserError(f"the tool {name}: its schema cannot be applied: {str(broken)[:SHOWN]}") from None
    return f"the arguments do not fit {name}'s schema: {error.message[:SHOWN]}" if error is not None else ""


@functools.lru_cache(maxsize=256)
def _validator(schema: str) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry

    extended: Any = extend
    bounded = extended(Draft202012Validator, {"pattern": _pattern})
    # An empty registry of its own: nothing is fetched.
    made: Validator = bounded(json.loads(schema), registry=Registry())
    return made


def _pattern(_: object, pattern: str, value: object, schema: object) -> Iterator[Exception]:
    import regex
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and regex.search(pattern, value, timeout=SECONDS) is None:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _keywords(schema: object) -> Iterator[tuple[str, object]]:
    """Every key in the schema with its value, those within values too."""
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            yield str(key), value
            yield from _keywords(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _keywords(item)
