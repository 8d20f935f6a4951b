"""Ask once, ask together: the reply store, the dispatcher with its limits, the rehearsal."""

from pytest_rlhfstress.asking.asker import Asker
from pytest_rlhfstress.asking.limits import Limits
from pytest_rlhfstress.asking.outcome import Unanswered
from pytest_rlhfstress.asking.seen import Seen
from pytest_rlhfstress.asking.store import Keyed, Store, open_store

__all__ = ["Asker", "Keyed", "Limits", "Seen", "Store", "Unanswered", "open_store"]
