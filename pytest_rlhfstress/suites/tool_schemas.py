"""The JSON Schemas of tools' arguments: what a suite may write there, since models' calls are validated by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_BY_NAME = ("properties", "$defs", "definitions", "dependentSchemas")
_VALUES = ("const", "enum", "default", "examples")


def schema_fault(parameters: Mapping[str, object]) -> str:
    """What keeps ``parameters`` from being the JSON Schema of a tool's arguments, or ""."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(parameters)
    except SchemaError as error:
        return error.message[:300]
    if parameters.get("type") != "object":
        return "write type: object, with properties"
    return next(_unwanted(parameters), "")


def _unwanted(schema: Mapping[str, object]) -> Iterator[str]:
    """References that would be fetched from elsewhere, and expressions that no clock stops."""
    for key, value in schema.items():
        if key in ("$ref", "$dynamicRef") and not str(value).startswith("#"):
            yield f"{key}: {str(value)[:100]!r} leads elsewhere; only references within it (#/$defs/...) are followed"
        if key in ("pattern", "patternProperties"):
            yield f"{key} is not available for tools; write an enum, or check the argument in a spec"
        for inner in _schemas_in(key, value):
            yield from _unwanted(inner)


def _schemas_in(key: str, value: object) -> Iterator[Mapping[str, object]]:
    if key in _VALUES:
        return
    if isinstance(value, Mapping):
        yield from (v for v in value.values() if isinstance(v, Mapping)) if key in _BY_NAME else (value,)
    elif isinstance(value, list):
        yield from (v for v in value if isinstance(v, Mapping))
