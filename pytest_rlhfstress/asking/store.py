"""The reply store: what was answered before, who is asking what right now, and the record mode."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_rlhfstress.asking.backend import Backend, Entry
from pytest_rlhfstress.asking.memory_backend import MemoryBackend
from pytest_rlhfstress.asking.owners import new_owner
from pytest_rlhfstress.asking.seen import Seen
from pytest_rlhfstress.asking.wording import key_of, question_text, reply_of, reply_text
from pytest_rlhfstress.conversation import Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Question

RecordMode = Literal["once", "none", "all"]
REDIS_SCHEMES = ("redis", "rediss", "unix")
LEASE = 15.0
"""Seconds a claim lives without being renewed: how long others wait for a process that vanished."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A question with its text and content key."""

    question: Question
    text: str
    key: str

    @classmethod
    def of(cls, question: Question, identity: str) -> Keyed:
        """The question as asked of the model called ``identity``."""
        text = question_text(question, identity)
        return cls(question, text, key_of(text))


@dataclass(frozen=True)
class Taken:
    """What came of trying to take questions: replies there are already, and keys this process shall ask.

    Keys in neither are being asked by another process.
    """

    found: dict[str, Reply]
    mine: set[str]


class Store:
    """Replies kept in a backend, read as the record mode says. Its methods may be called from any thread."""

    def __init__(self, backend: Backend, record_mode: RecordMode, run: str = "") -> None:
        """``run`` tells this run's replies from older ones in mode ``all``; xdist's workers share one."""
        self.backend = backend
        self.record_mode = record_mode
        self.run = run or os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
        self.owner = new_owner()
        self._earliest = time.time()
        self._older = Seen()
        self._held: set[str] = set()
        self._lock, self._older_lock = threading.Lock(), threading.Lock()
        self._closed = threading.Event()
        self._renewing: threading.Thread | None = None

    def find(self, keys: Collection[str]) -> dict[str, Reply]:
        """The replies that may be used for ``keys``: in mode ``all`` only those of this run."""
        found = self.backend.find(keys)
        usable = {k: e for k, e in found.items() if self.record_mode != "all" or e.run == self.run}
        for key, entry in usable.items():
            if entry.run != self.run:
                with self._older_lock:
                    self._older.add(key)
                self._earliest = min(self._earliest, entry.kept_at or self._earliest)
        return {key: _read(entry) for key, entry in usable.items()}

    def is_older(self, key: str) -> bool:
        """Whether the reply found under ``key`` was kept by an earlier run."""
        return key in self._older

    @property
    def oldest(self) -> float:
        """How many seconds ago the oldest reply found so far was kept; 0 where the clock says it lies ahead."""
        return max(0.0, time.time() - self._earliest) if self._older else 0.0

    def take(self, keys: Sequence[str]) -> Taken:
        """Claim what nobody has answered and nobody else is asking."""
        with self._lock:
            claimed = self.backend.claim(keys, self.owner, LEASE)
            self._held |= claimed
        # Between an earlier look and the claim another process may have kept its reply.
        found = self.find(keys)
        answered = claimed & found.keys()
        if answered:
            self.release(answered)
        if self.backend.shared:
            self._keep_renewing()
        return Taken(found, claimed - answered)

    def keep(self, answered: Sequence[tuple[Keyed, Reply]]) -> None:
        """Keep replies; they are safe from the death of this process when this returns."""
        self.backend.keep([Entry(k.key, k.text, reply_text(r), self.run) for k, r in answered], self.owner)
        with self._lock:
            self._held -= {k.key for k, _ in answered}

    def release(self, keys: Collection[str]) -> None:
        """Give back claims on questions that were not answered."""
        self.backend.release(keys, self.owner)
        with self._lock:
            self._held -= set(keys)

    def close(self) -> None:
        """Give back every claim and let go of the backend."""
        self._closed.set()
        if self._renewing is not None:
            self._renewing.join()
        if self._held:
            self.release(set(self._held))
        self.backend.close()

    def _keep_renewing(self) -> None:
        with self._lock:
            if self._renewing is None:
                self._renewing = threading.Thread(target=self._renew, name="rlhf-claims", daemon=True)
                self._renewing.start()

    def _renew(self) -> None:
        while not self._closed.wait(LEASE / 3):
            if self._held:
                # A store that fails says so where it is asked next.
                with contextlib.suppress(UserError):
                    self.backend.renew(self.owner, LEASE)


def _read(entry: Entry) -> Reply:
    try:
        return reply_of(entry.reply)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"the reply kept under {entry.key[:12]} cannot be read ({error}): the store was changed by something else"
        ) from None


def open_store(where: str | Path | None, record_mode: RecordMode = "once") -> Store:
    """The store at ``where``: a file, ``redis://...``, or None for one that lives as long as the process.

    Raises UserError where it cannot be opened, is damaged, or was written by another version.
    """
    if where is None:
        return Store(MemoryBackend(), record_mode)
    if str(where).partition("://")[0] in REDIS_SCHEMES:
        from pytest_rlhfstress.asking.redis_backend import RedisBackend

        return Store(RedisBackend(str(where)), record_mode)
    from pytest_rlhfstress.asking.sqlite_backend import SqliteBackend

    return Store(SqliteBackend(Path(where), read_only=record_mode == "none"), record_mode)
