"""``python -m pytest_rlhfstress.clinic [clinic:...]``: what tuning did to routine, urgent and mixed messages."""

from __future__ import annotations

import sys

from pytest_rlhfstress.clinic.clinic import SEED, clinic_for
from pytest_rlhfstress.clinic.slices import measure, table
from pytest_rlhfstress.errors import UserError


def main(arguments: list[str]) -> int:
    """Print the table of one clinic; 4 where it does not exist."""
    try:
        clinic = clinic_for(arguments[0] if arguments else "clinic")
    except UserError as error:
        print(error, file=sys.stderr)
        return 4
    print(table(clinic.name, clinic.beta, measure(clinic.trained, clinic.beta, SEED + 1)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
