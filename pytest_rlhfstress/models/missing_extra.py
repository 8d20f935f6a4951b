"""Telling a person which extra of ours an adapter needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_rlhfstress.errors import UserError


@contextmanager
def missing_extra(extra: str, wanted_by: str) -> Iterator[None]:
    """Turns an ImportError within into a UserError that names the extra to install."""
    try:
        yield
    except ImportError as error:
        needs = error.name or str(error)
        raise UserError(
            f"{wanted_by} needs {needs}, which is not installed: pip install 'pytest-rlhfstress[{extra}]'"
        ) from None
