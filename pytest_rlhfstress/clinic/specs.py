"""From ``clinic:beta=0.1`` to what it asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_rlhfstress.errors import UserError, nearest

WHAT_TO_WRITE = (
    "write clinic, clinic:beta=0.1 (any positive number), clinic:reference, clinic:covered or "
    "clinic:also=PAIRS.jsonl (several files with + between them)"
)
DEFAULT_BETA = 0.1
_VARIANTS = ("beta=", "reference", "covered", "also=")


@dataclass(frozen=True)
class ClinicSpec:
    """Which clinic: tuned with which ``beta`` (infinite for the untuned reference), on which preferences.

    ``also`` are files of preference pairs it learned from besides its own.
    """

    beta: float = DEFAULT_BETA
    covered: bool = False
    also: tuple[str, ...] = ()


def read_spec(spec: str) -> ClinicSpec:
    """What ``spec`` asks for. Raises UserError for anything else, with the nearest name and what to write."""
    name, colon, variant = spec.partition(":")
    if name != "clinic" or (colon and not variant):
        raise UserError(f"there is no clinic {spec!r}; {WHAT_TO_WRITE}")
    key, equals, value = variant.partition("=")
    if not variant:
        return ClinicSpec()
    if variant == "reference":
        return ClinicSpec(beta=math.inf)
    if variant == "covered":
        return ClinicSpec(covered=True)
    if key == "beta" and equals:
        return ClinicSpec(beta=_beta(spec, value))
    if key == "also" and value:
        return ClinicSpec(also=tuple(value.split("+")))
    raise UserError(f"there is no clinic variant {variant!r}{nearest(variant, _VARIANTS)}; {WHAT_TO_WRITE}")


def _beta(spec: str, value: str) -> float:
    try:
        beta = float(value)
    except ValueError:
        beta = math.nan
    if not (math.isfinite(beta) and beta > 0):
        raise UserError(f"the model {spec!r}: beta must be a positive number, not {value!r}; {WHAT_TO_WRITE}")
    return beta
