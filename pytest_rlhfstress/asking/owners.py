"""Who is asking a question right now: a process of some machine, by a name that tells whether it still runs."""

from __future__ import annotations

import os
import socket
import uuid


def new_owner() -> str:
    """A name for this process and one store in it."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def is_dead(owner: str) -> bool:
    """Whether the owner was a process of this machine that no longer runs."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    # On Windows os.kill(pid, 0) would end the process; there a dead owner's claim runs out by itself.
    if os.name != "posix" or host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
