"""The tools of a dialogue: the suite's, simulated, or somebody's own functions, and what goes wrong with them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, get_type_hints

from pytest_rlhfstress.conversation import ToolCall
from pytest_rlhfstress.dialogue.values import ToolUse
from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.suites import Entry, Suite, Tool, misfit

SHOWN = 100
DONE = '{"status": "ok"}'
_KINDS = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}


class Toolset(Protocol):
    """Tools by name, and what answers them."""

    @property
    def tools(self) -> Mapping[str, Tool]:
        """What is offered."""
        ...

    def answer(self, tool: Tool, arguments: Mapping[str, object], earlier: Sequence[ToolUse]) -> tuple[str, bool]:
        """What a call with valid arguments returns, and whether it failed. ``earlier``: the calls before it."""
        ...


class SuiteTools:
    """The tools a suite declares, answered by its templates from its records."""

    def __init__(self, suite: Suite) -> None:
        self.tools = {tool.name: tool for tool in suite.tools}
        self._records = suite.records

    def answer(self, tool: Tool, arguments: Mapping[str, object], earlier: Sequence[ToolUse]) -> tuple[str, bool]:
        """Its template; an ``error`` written there is a failure. Raises UserError where it does not render."""
        if tool.answer is None:
            return DONE, False
        values = {"arguments": arguments, "records": self._records, "earlier": self._passed(earlier)}
        text = tool.answer.render(values)
        return text, _tells_an_error(text)

    def _passed(self, earlier: Sequence[ToolUse]) -> dict[str, dict[str, list[object]]]:
        """What was passed to each argument of each tool by the calls that succeeded, in order."""
        passed: dict[str, dict[str, list[object]]] = {
            name: {argument: [] for argument in _arguments_of(tool)} for name, tool in self.tools.items()
        }
        for use in earlier:
            for argument, value in (use.arguments or {}).items() if not use.failed else ():
                passed[use.name].setdefault(argument, []).append(value)
        return passed


class OwnTools:
    """Somebody's own functions as tools: a function's annotations are its schema, its docstring its description."""

    def __init__(self, functions: Sequence[Callable[..., object]]) -> None:
        """Raises UserError for what has no name, is asynchronous, or has parameters that cannot be described."""
        self._functions: dict[str, Callable[..., object]] = {}
        for function in functions:
            name = _name_of(function)
            if name in self._functions:
                raise UserError(f"tools: two functions are called {name!r}; a model tells tools apart by their names")
            self._functions[name] = function
        self.tools = {name: _tool_of(name, function) for name, function in self._functions.items()}

    def answer(self, tool: Tool, arguments: Mapping[str, object], earlier: Sequence[ToolUse]) -> tuple[str, bool]:
        """What the function returns, as JSON unless it is text; an exception is a failure told to the model.

        Raises UserError for a value that JSON cannot hold: that is no fault of the model's.
        """
        try:
            returned = self._functions[tool.name](**arguments)
        except Exception as error:
            return error_text(f"{type(error).__name__}: {error}"), True
        return (returned if isinstance(returned, str) else _as_json(tool.name, returned)), False


def carried_out(call: ToolCall, toolset: Toolset, faults: Sequence[Entry], earlier: Sequence[ToolUse]) -> ToolUse:
    """The call with its answer; whatever is wrong with it is told to the model and noted."""
    tool = toolset.tools.get(call.name)
    if tool is None:
        name = call.name[:SHOWN]
        problem = f"there is no tool {name!r}{nearest(name, toolset.tools)}"
        return ToolUse(call, error_text(problem), _object_in(call.arguments), problem, failed=True)
    arguments = _object_in(call.arguments)
    problem = "the arguments are no JSON object" if arguments is None else misfit(tool.name, tool.parameters, arguments)
    if problem or arguments is None:
        return ToolUse(call, error_text(problem), arguments, problem, failed=True)
    text, failed = toolset.answer(tool, arguments, earlier)
    for fault in faults:
        assert fault.template is not None
        text = fault.template.render({"answer": text, "tool": tool.name})
        failed = failed or fault.fails
    return ToolUse(call, text, arguments, failed=failed)


def sendable(use: ToolUse) -> ToolCall:
    """The call as it is sent back to the model: servers refuse a history whose arguments are no JSON object."""
    return use.call if use.arguments is not None else ToolCall(use.call.id, use.call.name, "{}")


def error_text(problem: str) -> str:
    """A tool's answer that tells of a problem."""
    return json.dumps({"error": problem})


def _arguments_of(tool: Tool) -> list[str]:
    properties = tool.parameters.get("properties")
    return list(properties) if isinstance(properties, Mapping) else []


def _object_in(arguments: str) -> Mapping[str, object] | None:
    try:
        found = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _tells_an_error(text: str) -> bool:
    found = _object_in(text)
    return found is not None and "error" in found


def _name_of(function: Callable[..., object]) -> str:
    name = getattr(function, "__name__", None)
    if not isinstance(name, str) or not name.isidentifier():
        raise UserError(f"tools: {function!r} has no name a model could call it by; write a function with `def`")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise UserError(f"the tool {name} is asynchronous; tools are called, not awaited: write it with `def`")
    return name


def _as_json(name: str, returned: object) -> str:
    if inspect.iscoroutine(returned):
        returned.close()
    try:
        return json.dumps(returned)
    except (TypeError, ValueError, RecursionError) as error:
        what = f"{repr(returned)[:SHOWN]} ({type(returned).__name__})"
        raise UserError(f"the tool {name} returned {what}; return text or plain values: {error}") from None


def _tool_of(tool: str, function: Callable[..., object]) -> Tool:
    hints, parameters = _described(tool, function)
    properties, required = {}, []
    for name, parameter in parameters.items():
        kind = _KINDS.get(hints.get(name, str))
        if kind is None or parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise UserError(
                f"the tool {tool}: annotate its parameter {name!r} with one of "
                f"{', '.join(k.__name__ for k in _KINDS)}, or declare the tool in the suite"
            )
        properties[name] = {"type": kind}
        if parameter.default is parameter.empty:
            required.append(name)
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return Tool(tool, inspect.getdoc(function) or tool.replace("_", " "), schema)


def _described(tool: str, function: Callable[..., object]) -> tuple[Mapping[str, Any], Mapping[str, inspect.Parameter]]:
    """The annotations and the parameters of a function."""
    try:
        return get_type_hints(function), inspect.signature(function).parameters
    except Exception as error:
        # An annotation is evaluated, so that it may raise anything.
        raise UserError(f"the tool {tool}: its parameters cannot be read: {type(error).__name__}: {error}") from None
