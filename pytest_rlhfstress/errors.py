"""The one exception whose text is meant for the person who can mend its cause."""


class UserError(Exception):
    """Something its maker can mend: the text says what is wrong, where, and what to write instead.

    It is shown as one message, never with a traceback of ours.
    """


def nearest(wanted: str, known: object) -> str:
    """``"; did you mean 'x'?"`` for the nearest of the ``known`` names, else the names there are.

    ``known`` is any iterable of strings.
    """
    from collections.abc import Iterable
    from difflib import get_close_matches

    names = sorted(str(name) for name in known) if isinstance(known, Iterable) else []
    close = get_close_matches(wanted, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there is: {', '.join(names)}" if names else ""
