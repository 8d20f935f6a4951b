"""What a suite's YAML may have called: a suite is somebody else's data until its user says otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_rlhfstress.errors import UserError

OWN = "pytest_rlhfstress."
_allowed: set[str] = set()


def allow(names: Iterable[str]) -> None:
    """From now on suites may name these functions and models (``--rlhf-allow``) as detectors and judges."""
    _allowed.update(names)


def check_allowed(name: str, where: str) -> None:
    """Raises UserError where a suite names a function or model that nobody allowed it to have called.

    A detector is any importable function; a judge is shown every reply, with the key of the environment.
    """
    if name not in _allowed and not name.startswith(OWN):
        raise UserError(
            f"{where}: the suite wants {name!r} called on every reply. If that is yours, or you trust it, add "
            f"--rlhf-allow={name} (in Python: pytest_rlhfstress.suites.allow)"
        )
