"""Replies kept in one SQLite file, shared by any number of processes of one machine."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pytest_rlhfstress.asking.backend import Entry, parts
from pytest_rlhfstress.asking.owners import is_dead
from pytest_rlhfstress.errors import UserError

VERSION = 2
BUSY_SECONDS = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, question TEXT NOT NULL, reply TEXT NOT NULL, run TEXT NOT NULL, kept_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
"""


class SqliteBackend:
    """One file in WAL mode: a committed reply outlives the process, and readers never wait for a writer."""

    shared = True

    def __init__(self, path: Path, read_only: bool = False) -> None:
        """Open or make the file; ``read_only`` neither makes nor changes anything.

        Raises UserError where it is damaged or of another version, having set it aside unless read-only.
        """
        self.path = path
        self._read_only = read_only
        self._lock, self._reading_lock = threading.Lock(), threading.Lock()
        self._inode = 0
        # Whoever reads in this process does not wait for its writer either.
        if read_only:
            self._reader = self._connection = self._opened_for_reading()
        else:
            self._connection = self._opened()
            try:
                with self._explaining():
                    self._reader = self._connected()
            except BaseException:
                self._connection.close()
                raise

    def find(self, keys: Collection[str]) -> dict[str, Entry]:
        """As Backend says."""
        found: dict[str, Entry] = {}
        with self._reading_lock, self._explaining():
            for part in parts(keys):
                marks = ",".join("?" * len(part))
                rows = self._reader.execute(
                    f"SELECT key, question, reply, run, kept_at FROM replies WHERE key IN ({marks})", part
                )
                found.update((row[0], Entry(*row)) for row in rows)
        return found

    def claim(self, keys: Sequence[str], owner: str, seconds: float) -> set[str]:
        """As Backend says; a claim whose process has died on this machine is free at once."""
        claimed = set()
        with self._changing() as connection:
            now = time.time()
            for key in keys:
                row = connection.execute("SELECT owner, expires FROM claims WHERE key = ?", (key,)).fetchone()
                if row is None or row[0] == owner or row[1] < now or is_dead(row[0]):
                    claimed.add(key)
            rows = [(key, owner, now + seconds) for key in claimed]
            connection.executemany("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", rows)
        return claimed

    def renew(self, owner: str, seconds: float) -> None:
        """As Backend says."""
        with self._changing() as connection:
            connection.execute("UPDATE claims SET expires = ? WHERE owner = ?", (time.time() + seconds, owner))

    def release(self, keys: Collection[str], owner: str) -> None:
        """As Backend says."""
        with self._changing() as connection:
            connection.executemany("DELETE FROM claims WHERE key = ? AND owner = ?", [(k, owner) for k in keys])

    def keep(self, entries: Sequence[Entry], owner: str) -> None:
        """As Backend says."""
        now = time.time()
        with self._changing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?)",
                [(e.key, e.question, e.reply, e.run, now) for e in entries],
            )
            connection.executemany("DELETE FROM claims WHERE key = ?", [(e.key,) for e in entries])

    def close(self) -> None:
        """Close the file; the last process to do so leaves a single file without companions."""
        with self._lock, self._reading_lock:
            self._reader.close()
            self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Replies may hold what users wrote: the file is its owner's alone, from its first moment.
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self._inode = self.path.stat().st_ino
        except OSError as error:
            raise UserError(f"the reply store {self.path} cannot be opened: {error.strerror}") from None
        with self._explaining():
            connection = self._connected()
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        # In WAL mode NORMAL loses nothing when a process dies; only a power cut may cost the last commits.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version != VERSION and tables:
            connection.execute("ROLLBACK")
            connection.close()
            raise self._other_version(version)
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")

    def _opened_for_reading(self) -> sqlite3.Connection:
        if not self.path.is_file():
            raise UserError(f"--rlhf-record-mode=none needs a reply store, and there is no file {self.path}")
        with self._explaining():
            companions = Path(f"{self.path}-wal").exists()
            # Without companions nobody writes; "immutable" then also reads from a folder that may not be written.
            mode = "mode=ro" if companions else "immutable=1"
            uri = f"{self.path.resolve().as_uri()}?{mode}"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                connection.close()
                raise self._other_version(version)
        return connection

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explaining():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise UserError(f"the reply store {self.path}: {error}. {_remedy(str(error))}") from None
        except sqlite3.DatabaseError as error:
            raise UserError(f"the reply store {self.path} is damaged ({error}). {self._set_aside('damaged')}") from None

    def _other_version(self, version: int) -> UserError:
        return UserError(
            f"the reply store {self.path} is of version {version}, this program reads version {VERSION}. "
            f"{self._set_aside(f'version-{version}')}"
        )

    def _set_aside(self, why: str) -> str:
        """Move the file out of the way, with its companions, and say where it is."""
        if self._read_only:
            return "It was left as it is; name another with --rlhf-store"
        aside = self.path.with_name(f"{self.path.name}.{why}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
        try:
            if self.path.stat().st_ino != self._inode:
                return "Another process has set it aside already; run again to begin a new one"
            for suffix in ("", "-wal", "-shm"):
                source = Path(f"{self.path}{suffix}")
                if source.exists():
                    source.rename(f"{aside}{suffix}")
        except OSError as error:
            return f"It could not be set aside ({error.strerror}); move it yourself"
        return f"It was set aside as {aside.name}; run again to begin a new one"


def _remedy(said: str) -> str:
    if "full" in said or "disk I/O" in said:
        return "What it holds is safe; make room, or name another place with --rlhf-store"
    if "readonly" in said or "unable to open" in said:
        return "Make the file and its folder writable, or name another place with --rlhf-store"
    if "locked" in said:
        return f"Another process held it for more than {BUSY_SECONDS:.0f} s"
    return "Name another place with --rlhf-store"
