"""What a spec's replies are like as a whole: empty ones, ones that all say the same, signals never shown."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_rlhfstress.asking import Seen
from pytest_rlhfstress.conversation import Message, Reply
from pytest_rlhfstress.finding import Heard, SignalHeard

CUT = frozenset({"length", "max_tokens", "content_filter"})
"""Reasons to finish that leave a reply unfinished."""
LONGEST_SOLE = 200


class Hearing:
    """Counts each distinct question once."""

    def __init__(self) -> None:
        self._questions = Seen()
        self._texts = Seen()
        self._signals: dict[str, list[int]] = {}
        self._sole = ""
        self.empty = 0
        self.cut = 0

    @property
    def nothing(self) -> bool:
        """Whether there were replies, and all of them empty."""
        heard = self.heard(stored=0, oldest=0.0)
        return heard is not None and heard.nothing

    @property
    def replies(self) -> int:
        """Distinct questions answered."""
        return len(self._questions)

    def note(self, messages: tuple[Message, ...], sample: int, reply: Reply) -> None:
        """A reply that reached the spec."""
        if not self._questions.add((messages, sample)):
            return
        self._texts.add((reply.text, reply.tool_calls))
        self._sole = reply.text[:LONGEST_SOLE]
        self.empty += not reply.text.strip() and not reply.tool_calls
        self.cut += reply.finish_reason in CUT

    def note_signals(self, questioned: Iterable[tuple[str, bool]]) -> None:
        """Signals that a body asked its replies about, and whether they were shown."""
        for signal, shown in questioned:
            counts = self._signals.setdefault(signal, [0, 0])
            counts[0] += 1
            counts[1] += shown

    def heard(self, stored: int, oldest: float) -> Heard | None:
        """All of it; None where no reply came. ``stored`` and ``oldest`` are as Heard says."""
        if not self._questions:
            return None
        return Heard(
            replies=len(self._questions),
            empty=self.empty,
            cut=self.cut,
            texts=len(self._texts),
            sole=self._sole if len(self._texts) == 1 else "",
            stored=stored,
            oldest=round(oldest, 1),
            signals=tuple(SignalHeard(name, asked, shown) for name, (asked, shown) in sorted(self._signals.items())),
        )
