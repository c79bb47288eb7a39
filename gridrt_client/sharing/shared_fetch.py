"""One fetch for all processes that share a Redis: one of them calls the API, the others wait for its answer.

The process that fetches holds a lock, which expires when it isn't renewed. Who finds the lock taken looks again until
there is an answer, a failure, or no lock any more. Where Redis doesn't work, each process fetches for itself.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from gridrt_client._resources import MemoryBudget
from gridrt_client.answer import Answer, FetchFunction, OnProgress, SharedAnswer
from gridrt_client.errors import GridError
from gridrt_client.schema import Schema
from gridrt_client.settings import Settings
from gridrt_client.sharing._frames import UnusableError, pack, unpack
from gridrt_client.sharing._link import Link
from gridrt_client.sharing._messages import (
    LONGEST,
    Header,
    Sealer,
    failure_note,
    read_failure,
    read_header,
)
from gridrt_client.sharing.status import SharingStatus
from gridrt_client.snapshots._circuit_breaker import FailureScope, failure_scope

T = TypeVar("T")
_log = logging.getLogger(__name__)

LOCK_SECONDS: Final = 4.0
_POLL: Final = 0.1  # seconds between two looks while another process fetches
_SHORTEST_KEPT, _LONGEST_KEPT = 60.0, 600.0  # seconds that an answer stays in Redis
_REPLACED_KEPT: Final = 10.0  # seconds that a replaced frame stays, because other processes may be reading it
_FAILURE_KEPT: Final = 4.0  # less than the snapshot store's first pause
_LONGEST_RETRY_AFTER: Final = 900.0
_CLOCKS: Final = 60.0  # seconds that clocks of two computers may differ
_UNPACKED_TOGETHER: Final = 512 << 20  # bytes
_unpacking = MemoryBudget()
_links: dict[str, Link] = {}
_making = threading.Lock()


@dataclass(frozen=True)
class SharedKey:
    """What answers and failures of a query are shared by.

    Each is made of texts, tuples and frozen dataclasses, and holds all that an answer depends on: `answer` for the
    query, `endpoint` and `api` for what fails together.
    """

    answer: Hashable
    endpoint: Hashable
    api: Hashable
    schema: Schema

    def of_scope(self, scope: FailureScope) -> Hashable:
        return {FailureScope.QUERY: self.answer, FailureScope.ENDPOINT: self.endpoint, FailureScope.API: self.api}[
            scope
        ]


class SharedFetches:
    """Fetches with one credential that are shared through Redis. Thread-safe.

    `max_bytes` is the largest answer to read, and `longest_wait` the seconds to wait for another process. A process
    that was killed keeps the others from fetching for `lock_seconds`.
    """

    def __init__(
        self,
        link: Link,
        access_token: str,
        *,
        max_bytes: int,
        longest_wait: float,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self.link, self.sealer = link, Sealer(access_token)
        self.max_bytes, self.longest_wait, self.lock_seconds = max_bytes, longest_wait, lock_seconds

    @classmethod
    def of(cls, settings: Settings) -> "SharedFetches | None":
        """Return the shared fetches of these settings; None without ``GRIDRT_REDIS_URL``."""
        if not settings.redis_url:
            return None
        link = link_to(settings.redis_url)
        return cls(link, settings.access_token, max_bytes=settings.max_bytes, longest_wait=settings.total_timeout)

    def function(self, key: SharedKey, fetch: FetchFunction, max_age: Callable[[], float]) -> FetchFunction:
        """Return a fetch function whose answer may be another process's, if it is younger than `max_age()` seconds."""
        return lambda on_progress: _SharedFetch(self, key, max_age()).run(fetch, on_progress)


def link_to(url: str) -> Link:
    """Return the process's link to a Redis."""
    with _making:
        if url not in _links:
            _links[url] = Link(url)
        return _links[url]


def status() -> SharingStatus | None:
    """Return the state of Redis in this process; None before it is used, and without one."""
    return next((link.status for link in _links.values()), None)


class _SharedFetch:
    """One fetch."""

    def __init__(self, shared: SharedFetches, key: SharedKey, max_age: float) -> None:
        self._shared, self._link, self._sealer = shared, shared.link, shared.sealer
        self._key, self._max_age = key, max_age
        self._warned = self._failed = False
        self._name = self._sealer.name("answer", key.answer)
        self._failures = {
            scope: self._sealer.name(f"failure of {scope.name}", key.of_scope(scope)) for scope in FailureScope
        }

    def run(self, fetch: FetchFunction, on_progress: OnProgress) -> Answer:
        """Return another process's answer or failure, else fetch."""
        found: SharedAnswer | GridError | Lock | None = None
        if self._link.is_usable():
            found = self._try(self._wait)
        if isinstance(found, SharedAnswer):
            self._link.count("shared_reads")
            return found
        if isinstance(found, GridError):
            self._link.count("shared_failures")
            raise found
        self._link.count("own_fetches")
        if found is None:
            return fetch(on_progress)
        with self._held(found):
            return self._fetch(fetch, on_progress)

    def _wait(self) -> SharedAnswer | GridError | Lock | None:
        """Return an answer, a failure, or the lock to fetch with; None after waiting too long."""
        deadline = time.monotonic() + self._shared.longest_wait
        name, seconds = self._sealer.name("lock", self._key.answer), self._shared.lock_seconds
        lock = Lock(self._link.client, name, seconds, thread_local=False)
        while time.monotonic() < deadline:
            if (found := self._look()) is not None:
                return found
            if lock.acquire(blocking=False):
                # Another process may have finished between the look and the lock.
                if (found := self._look()) is None:
                    return lock
                with contextlib.suppress(LockError):
                    lock.release()
                return found
            time.sleep(_POLL)
        _log.warning("Another process took longer than GRIDRT_TOTAL_TIMEOUT; this one calls the API itself")
        return None

    def _look(self) -> SharedAnswer | GridError | None:
        names = [self._name, *self._failures.values()]
        with self._link.client.pipeline(transaction=False) as pipeline:
            for name in names:
                # One byte more than is accepted.
                pipeline.getrange(name, 0, LONGEST)
            answer, *failures = pipeline.execute()
        now = datetime.now(UTC)
        try:
            for name, data in zip(names[1:], failures, strict=True):
                if data:
                    return read_failure(self._sealer.opened_json(name, data), now)
            return self._read(answer, now) if answer else None
        except UnusableError as error:
            if not self._warned:
                _log.warning("An entry in Redis was ignored, because %s; the API is called instead", error)
            self._warned = True
            return None

    def _read(self, data: bytes, now: datetime) -> SharedAnswer | None:
        """Return the answer with that header, if it is young enough and complete."""
        header = read_header(self._sealer.opened_json(self._name, data), self._key.schema, self._shared.max_bytes)
        age = header.age(now)
        if age < -_CLOCKS:
            raise UnusableError("it comes from the future: the clocks of two computers differ")
        if age >= self._max_age:
            return None
        with _unpacking.reserve(header.stored + header.unpacked, _UNPACKED_TOGETHER):
            body = self._body(header.generation)
            sealed = self._link.read(body, header.stored)
            if not sealed:
                return None  # it was evicted
            frame = unpack(self._sealer.opened(body, sealed), header.unpacked, self._key.schema)
        if len(frame) != header.report.records:
            raise UnusableError("the number of its records is wrong")
        self._link.worked()
        return SharedAnswer(
            frame, header.report, header.answered_at, header.api_time, age=max(0.0, age), took=header.took
        )

    def _fetch(self, fetch: FetchFunction, on_progress: OnProgress) -> Answer:
        began = time.monotonic()
        try:
            answer = fetch(on_progress)
        except GridError as error:
            self._store_failure(error)
            raise
        took = time.monotonic() - began
        try:
            self._try(lambda: self._store(answer, took))
        except Exception:  # noqa: BLE001
            # Whatever keeps an answer from being shared, it is right.
            _log.exception("An answer could not be stored in Redis")
        return answer

    def _store(self, answer: Answer, took: float) -> None:
        seconds = min(max(_SHORTEST_KEPT, 2 * self._max_age), _LONGEST_KEPT)
        with _unpacking.reserve(int(answer.frame.memory_usage().sum()), _UNPACKED_TOGETHER):
            packed, unpacked = pack(answer.frame, self._key.schema)
        generation = secrets.token_hex(8)
        body = self._body(generation)
        sealed = self._sealer.sealed(body, packed)
        header = Header(generation, len(sealed), unpacked, answer.report, answer.answered_at, answer.api_time, took)
        client = self._link.client
        self._link.write(body, sealed, seconds)
        sealed_header = self._sealer.sealed_json(self._name, header.to_json())
        before = client.set(self._name, sealed_header, px=round(seconds * 1000), get=True)
        self._link.worked()
        if before:
            with contextlib.suppress(UnusableError):
                old = read_header(
                    self._sealer.opened_json(self._name, before), self._key.schema, self._shared.max_bytes
                )
                client.pexpire(self._body(old.generation), round(_REPLACED_KEPT * 1000))

    def _store_failure(self, error: GridError) -> None:
        note = failure_note(error, datetime.now(UTC))
        if note is not None:
            name = self._failures[failure_scope(error)]
            seconds = max(_FAILURE_KEPT, min(error.retry_after or 0.0, _LONGEST_RETRY_AFTER))
            sealed = self._sealer.sealed_json(name, note)
            self._try(lambda: self._link.client.set(name, sealed, px=round(seconds * 1000)))

    def _body(self, generation: str) -> str:
        return f"{self._name}:{generation}"

    @contextmanager
    def _held(self, lock: Lock) -> Iterator[None]:
        """Renew a lock during the block, and release it after it."""
        ended = threading.Event()

        def renew() -> None:
            # An error: it expired, or Redis was started again, and another process may fetch, too.
            while not ended.wait(self._shared.lock_seconds / 4):
                with contextlib.suppress(LockError):
                    self._try(lock.reacquire)

        renewing = threading.Thread(target=renew, name="gridrt-lock", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()
            with contextlib.suppress(LockError):
                self._try(lock.release)

    def _try(self, action: Callable[[], T]) -> T | None:
        """Return the result of an action with Redis; None where Redis failed, now or before in this fetch."""
        if self._failed:
            return None
        try:
            return action()
        except LockError:
            raise
        except (RedisError, OSError) as error:
            self._failed = True
            self._link.failed(error)
            return None
