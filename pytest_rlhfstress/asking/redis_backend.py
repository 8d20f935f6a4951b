"""Replies kept in a Redis server, shared by any number of machines."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from pytest_rlhfstress.asking.backend import Entry, parts
from pytest_rlhfstress.asking.owners import is_dead
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.missing_extra import missing_extra

if TYPE_CHECKING:
    import redis

VERSION = "2"
PREFIX = "rlhfstress:"
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0

# Each compares first, so that nobody loses a claim that somebody else has taken meanwhile.
_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
_TAKE_OVER = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then "
    "redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0"
)


class RedisBackend:
    """One database of a server. A reply is as safe as the server's persistence makes it."""

    shared = True

    def __init__(self, url: str) -> None:
        """Connect to ``url``. Raises UserError where there is no server, or its replies are of another version."""
        with missing_extra("redis", f"the reply store {_shown(url)}"):
            import redis
            from redis.backoff import ExponentialBackoff
            from redis.retry import Retry
        self._error: type[Exception] = redis.RedisError
        self._where = _shown(url)
        self._mine: set[str] = set()
        self._lock = threading.Lock()
        with self._explaining():
            self._client: redis.Redis = redis.Redis.from_url(
                url,
                decode_responses=True,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=ANSWER_SECONDS,
                retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), 3),
            )
            self._scripts = {code: self._client.register_script(code) for code in (_RENEW, _RELEASE, _TAKE_OVER)}
            self._client.set(f"{PREFIX}version", VERSION, nx=True)
            version = cast(str | None, self._client.get(f"{PREFIX}version"))
        if version != VERSION:
            raise UserError(
                f"the reply store {self._where} is of version {version}, this program reads version {VERSION}. It was "
                "left as it is; name another database of the server with --rlhf-store, as in redis://host:port/1"
            )

    def find(self, keys: Collection[str]) -> dict[str, Entry]:
        """As Backend says."""
        found = {}
        for part in parts(keys):
            with self._explaining():
                values = cast(list[str | None], self._client.mget([_reply(key) for key in part]))
            found.update({key: self._entry(key, v) for key, v in zip(part, values, strict=True) if v is not None})
        return found

    def claim(self, keys: Sequence[str], owner: str, seconds: float) -> set[str]:
        """As Backend says; a claim whose process has died on this machine is free at once."""
        expiry = round(seconds * 1000)
        with self._explaining():
            pipeline = self._client.pipeline(transaction=False)
            for key in keys:
                pipeline.set(_claim(key), owner, nx=True, px=expiry)
                pipeline.get(_claim(key))
            holders = dict(zip(keys, cast(list[str | None], pipeline.execute())[1::2], strict=True))
            claimed = {key for key, holder in holders.items() if holder == owner}
            for key, holder in holders.items():
                if holder is None or holder == owner or not is_dead(holder):
                    continue
                if self._scripts[_TAKE_OVER](keys=[_claim(key)], args=[holder, owner, expiry]):
                    claimed.add(key)
        with self._lock:
            self._mine |= claimed
        return claimed

    def renew(self, owner: str, seconds: float) -> None:
        """As Backend says."""
        with self._lock:
            mine = list(self._mine)
        self._each(_RENEW, mine, [owner, round(seconds * 1000)])

    def release(self, keys: Collection[str], owner: str) -> None:
        """As Backend says."""
        self._each(_RELEASE, list(keys), [owner])
        with self._lock:
            self._mine -= set(keys)

    def keep(self, entries: Sequence[Entry], owner: str) -> None:
        """As Backend says, for good as far as the server writes its data to disk."""
        with self._explaining():
            pipeline = self._client.pipeline(transaction=True)
            for entry in entries:
                kept = {"question": entry.question, "reply": entry.reply, "run": entry.run, "kept_at": time.time()}
                pipeline.set(_reply(entry.key), json.dumps(kept))
                pipeline.delete(_claim(entry.key))
            pipeline.execute()
        with self._lock:
            self._mine -= {entry.key for entry in entries}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _each(self, script: str, keys: Sequence[str], args: list[str | int]) -> None:
        with self._explaining():
            pipeline = self._client.pipeline(transaction=False)
            for key in keys:
                self._scripts[script](keys=[_claim(key)], args=args, client=pipeline)
            pipeline.execute()

    def _entry(self, key: str, value: str) -> Entry:
        try:
            return Entry(key, **json.loads(value))
        except (ValueError, TypeError):
            raise UserError(
                f"the reply store {self._where}: what stands under {_reply(key)} is no reply of ours"
            ) from None

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (self._error, ValueError) as error:
            raise UserError(f"the reply store {self._where}: {error}") from None


def _shown(url: str) -> str:
    """The URL without its password."""
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url


def _reply(key: str) -> str:
    return f"{PREFIX}reply:{key}"


def _claim(key: str) -> str:
    return f"{PREFIX}claim:{key}"
