"""A suite's Jinja2 templates: sandboxed, undefined names are errors, output bounded."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pytest_rlhfstress.errors import UserError

MOST_CHARACTERS = 100_000
MOST_SOURCE = 20_000


class _Sandbox(ImmutableSandboxedEnvironment):
    """Also without what lets a few characters of template use up memory or time."""

    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context: object, operator: str, left: object, right: object) -> object:
        """Refuse multiplications, the usual way to a huge string."""
        raise SecurityError(f"the operator {operator} is not available in a suite's template")


def _environment() -> _Sandbox:
    environment = _Sandbox(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    environment.globals.clear()
    for name in (
        "pprint",
        "xmlattr",
        "tojson",
        "urlize",
        "filesizeformat",
        "center",
        "indent",
        "wordwrap",
        "batch",
        "slice",
    ):
        environment.filters.pop(name, None)
    return environment


_ENVIRONMENT = _environment()


class MessageTemplate:
    """One template of a suite and where it stands, for messages about it."""

    def __init__(self, source: str, where: str) -> None:
        """Compile ``source``; raises UserError naming ``where`` for a syntax error."""
        self.where = where
        if len(source) > MOST_SOURCE:
            raise UserError(f"{where}: a template of {len(source)} characters; {MOST_SOURCE} are allowed")
        try:
            self._template: Template = _ENVIRONMENT.from_string(source)
        except TemplateSyntaxError as error:
            raise UserError(f"{where}: template does not parse (its line {error.lineno}): {error.message}") from None
        except (TemplateError, RecursionError) as error:
            raise UserError(f"{where}: template does not compile: {error}") from None

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
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"{self.where}: the template fails: {type(error).__name__}: {error}") from None
        return "".join(pieces).strip()
