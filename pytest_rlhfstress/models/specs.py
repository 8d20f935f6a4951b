"""From what a person wrote or a fixture returned to a model."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import cast

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.models.functions import FunctionModel
from pytest_rlhfstress.models.question import Model
from pytest_rlhfstress.offered import made, offered

WHAT_TO_WRITE = (
    "write package.module:callable, openai:MODEL[@http://host:port/v1], hf:PATH, litellm:PROVIDER/MODEL or clinic"
)
KINDS = ("clinic", "openai", "hf", "litellm")


def load_model(spec: str) -> Model:
    """The model that ``spec`` names.

    ``clinic`` and ``clinic:...`` (the embedded one), ``openai:MODEL[@BASE_URL]``, ``hf:PATH``,
    ``litellm:PROVIDER/MODEL[@BASE_URL]``, each of the last three with sampling options at its end
    (``?temperature=0.7&seed=1``), a kind that another plugin offers, or ``package.module:callable``. Raises
    UserError for anything else, with the nearest name and what to write.
    """
    kind, _, rest = spec.partition(":")
    if kind in offered().models:
        return model_from(made(offered().models, spec), f"what offers the model {spec!r}", spec)
    if kind == "clinic":
        return _clinic(spec)
    if kind in KINDS and not rest:
        raise UserError(f"the model {spec!r} names no model after the colon; {WHAT_TO_WRITE}")
    if kind == "openai":
        from pytest_rlhfstress.models.openai_chat import openai_model

        return openai_model(rest)
    if kind == "hf":
        from pytest_rlhfstress.models.transformers_chat import transformers_model

        return transformers_model(rest)
    if kind == "litellm":
        from pytest_rlhfstress.models.litellm_chat import litellm_model

        return litellm_model(rest)
    return FunctionModel(import_callable(spec, "model", (*KINDS, *offered().models), WHAT_TO_WRITE), spec)


def model_from(value: object, giver: str = "the fixture model_under_test", name: str = "") -> Model:
    """The model that ``giver`` returned: a Model, a callable, or a spec as text. A callable is called ``name``.

    Raises UserError for anything else.
    """
    if isinstance(value, str):
        return load_model(value)
    if all(hasattr(value, name) for name in ("answer", "identity", "batch", "blocking")):
        return cast(Model, value)
    if callable(value) and not isinstance(value, type):
        return FunctionModel(value, name)
    given = f"the class {value.__name__}; return an instance of it" if isinstance(value, type) else repr(value)[:80]
    raise UserError(
        f"{giver} returned {given}: return a callable that takes a list of "
        '{"role", "content"} mappings and returns the reply as a str'
    )


def _clinic(spec: str) -> Model:
    from pytest_rlhfstress.clinic import clinic_for

    assistant = clinic_for(spec).assistant
    return FunctionModel(assistant.reply, assistant.name, assistant.identity)


def import_callable(spec: str, what: str, kinds: tuple[str, ...], advice: str) -> Callable[..., object]:
    """The callable at ``package.module:name``; the current directory is looked in, as ``python -m`` does.

    ``what`` says what it shall be, ``kinds`` the other kinds of spec there are, ``advice`` what to write.
    Raises UserError saying which part does not exist, with the nearest name.
    """
    module_name, _, path = spec.partition(":")
    if not all(part.isidentifier() for part in (*module_name.split("."), *path.split("."))):
        raise UserError(f"there is no {what} {spec!r}{_meant(spec, kinds)}; {advice}")
    found: object = _imported(spec, module_name, what, kinds, advice)
    for name in path.split("."):
        if not hasattr(found, name):
            there = [n for n, v in vars(found).items() if callable(v) and not n.startswith("_")]
            raise UserError(f"the {what} {spec!r}: {module_name} has no {name!r}{nearest(name, there)}")
        found = getattr(found, name)
    if not callable(found):
        raise UserError(f"the {what} {spec!r} is no callable but {type(found).__name__}; name a function")
    return found


def _imported(spec: str, module_name: str, what: str, kinds: tuple[str, ...], advice: str) -> object:
    if "" not in sys.path and "." not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and not f"{module_name}.".startswith(f"{error.name}."):
            raise UserError(f"the {what} {spec!r}: importing {module_name} needs {error.name}, not installed") from None
        raise UserError(
            f"the {what} {spec!r}: there is no module {module_name!r} here{_meant(spec, kinds)}; {advice}"
        ) from None
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
        raise UserError(
            f"the {what} {spec!r}: importing {module_name} raised {said}\n  at {frame.filename}:{frame.lineno}"
        ) from None


def _meant(spec: str, kinds: tuple[str, ...]) -> str:
    """``; did you mean ...?`` where it can be guessed: an address, a folder, or a kind with a typing error."""
    if spec.startswith(("http://", "https://")):
        return f"; did you mean 'openai:MODEL@{spec}'?" if "openai" in kinds else ""
    if Path(spec).is_dir():
        return f"; did you mean 'hf:{spec}'?"
    hint = nearest(spec.partition(":")[0], kinds)
    return hint if "did you mean" in hint else ""
