"""Sampling settings as the end of a model's spec: ``openai:MODEL@URL?temperature=0.7&seed=1``."""

from __future__ import annotations

import re
from collections.abc import Callable

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.models.question import Sampling


def split_sampling(rest: str, spec: str) -> tuple[str, Sampling]:
    """``rest`` without its options, and these.

    ``temperature`` (from 0), ``top_p`` (above 0, up to 1), ``seed`` (from 0), ``max_tokens`` (from 1) and
    ``logprobs`` (true or false), joined by ``&`` after the last ``?``. Raises UserError for any other, naming
    ``spec``.
    """
    path, mark, options = rest.rpartition("?")
    if not mark:
        return rest, Sampling()
    if "@http" in options:
        raise UserError(f"the model {spec!r}: options stand at the end, as in MODEL@http://host:port/v1?temperature=0")
    values: dict[str, float | bool] = {}
    for option in options.split("&"):
        name, _, value = option.partition("=")
        if name not in _READERS:
            # What is long may be a key.
            shown = re.sub(r"=[^&]{8,}", "=***", spec)
            raise UserError(f"the model {shown!r}: there is no option {name!r}{nearest(name, _READERS)}")
        reader, wanted = _READERS[name]
        try:
            values[name] = reader(value)
        except ValueError:
            raise UserError(f"the model {spec!r}: {name}={value}: write {wanted}") from None
    return path, Sampling(**values)  # type: ignore[arg-type]  # each reader returns its field's type


def _within(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        # Written so that NaN is refused as well.
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return read


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


_READERS: dict[str, tuple[Callable[[str], float | bool], str]] = {
    "temperature": (_within(float, 0, 100), "a number from 0 to 100"),
    "top_p": (_within(float, 1e-9, 1), "a number above 0, up to 1"),
    "seed": (_within(int, 0, 2**63 - 1), "a whole number from 0"),
    "max_tokens": (_within(int, 1, 2**31), "a whole number from 1"),
    "logprobs": (_flag, "true or false"),
}
