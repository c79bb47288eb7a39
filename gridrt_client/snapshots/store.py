"""The store of snapshots: the newest good answer to each query, shared by all callers.

The first request for a key starts a fetch in another thread; requests meanwhile share it. After the first answer no
caller waits: while there is demand the answer is refreshed in the background, and when that fails the old one stays,
with the reason. A failure is never an empty answer. Without demand nothing is fetched.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from gridrt_client.answer import Answer, FetchFunction
from gridrt_client.errors import BusyError, GridError, OutOfMemoryError, UnavailableError
from gridrt_client.safe_text import traceback_of
from gridrt_client.snapshots._circuit_breaker import Backoff
from gridrt_client.snapshots._entry import Entry, Fetch
from gridrt_client.snapshots._memo import Memo, size_of
from gridrt_client.snapshots._registry import Registry
from gridrt_client.snapshots._threads import FetchQueue, Timer
from gridrt_client.snapshots.snapshot import Progress, Snapshot
from gridrt_client.snapshots.status import EntryStatus

_log = logging.getLogger(__name__)

BUSY_SECONDS: Final = 5.0  # after which a request that was refused for a full queue may be repeated


class SnapshotStore:
    """Snapshots by key, the least recently used evicted first. Thread-safe.

    At most `max_entries` keys are kept, with `max_bytes` (estimated) of answers and memo values; the key used last and
    those with a running fetch are kept in any case, and one that isn't requested for `forget_after` seconds is dropped.
    `max_fetches` run at a time, and `max_waiting` first answers may be queued; a further one raises `BusyError`.

    After a failure the key, its endpoint or its API is paused for `backoff` seconds, with an answer to show doubled
    with each failure in a row up to `longest_backoff`; a Retry-After is followed up to `longest_wait` seconds. `clock`
    is monotonic.
    """

    def __init__(
        self,
        max_entries: int = 64,
        *,
        max_bytes: int = 1 << 30,
        forget_after: float = 1800.0,
        max_fetches: int = 8,
        max_waiting: int = 64,
        backoff: float = 5.0,
        longest_backoff: float = 60.0,
        longest_wait: float = 900.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        pauses = Backoff(backoff, longest_backoff, longest_wait)
        self._registry = Registry(pauses, max_entries=max_entries, max_bytes=max_bytes, forget_after=forget_after)
        self._clock = clock
        self._queue = FetchQueue(self._run, self._take, max_fetches, max_waiting)
        self._lock = threading.Lock()
        # One sequence for all keys: a key that was dropped and fetched again must not repeat a version.
        self._versions = count(1)
        self._timer = Timer(self.refresh)
        self._next_work = math.inf

    def ask(
        self,
        key: Hashable,
        fetch: FetchFunction,
        ttl: float,
        *,
        api: Hashable = None,
        endpoint: Hashable = None,
        forget_after: float | None = None,
    ) -> Snapshot | None:
        """Return the snapshot of a key without waiting, None while the first answer is on its way.

        `key` is everything that the answer depends on, and `fetch` gets it, in another thread, once for all callers at
        the same time. A snapshot is fresh for `ttl` seconds after it was stored. A finite `ttl` creates demand: the key
        is refreshed in the background for a while, see `_entry`; infinity fetches only a first answer. `api` and
        `endpoint` are what the key shares with others that fail together with it; no `api` when it shares nothing.
        `forget_after` is that of the key, the store's own when None.

        Raise a GridError with `next_try` when there is no answer and the last fetch failed, also while the next one
        runs, and `BusyError` when too many first answers are queued.
        """
        with self._lock:
            now = self._clock()
            entry = self._registry.request(key, fetch, ttl, api, endpoint, now, forget_after)
            if entry.snapshot is None or now >= entry.due(ttl):
                self._start_due(now, entry)
            self._wake_for(entry, now)
            if entry.snapshot is not None:
                return self._registry.view(entry, entry.snapshot, now, ttl)
            error = self._error(entry, now)
        if error is not None:
            # A copy: an error in a local variable of its own traceback is a reference cycle.
            raise error.copy()
        return None

    def get(
        self,
        key: Hashable,
        fetch: FetchFunction,
        ttl: float,
        wait: float | None = None,
        *,
        api: Hashable = None,
        endpoint: Hashable = None,
        forget_after: float | None = None,
    ) -> Snapshot:
        """As `ask`, but wait for the first answer, and `wait` seconds for a refresh (None: until its end)."""
        with self._lock:
            now = self._clock()
            entry = self._registry.request(key, fetch, ttl, api, endpoint, now, forget_after)
            known = entry.snapshot
            if known is not None and now < entry.stored + ttl:
                self._wake_for(entry, now)
                return self._registry.view(entry, known, now)
            self._start_due(now, entry, prefer=True)
            self._wake_for(entry, now)
            newer, running = None, entry.fetch
            if running is not None:
                running.waiters += 1
        if running is not None:
            running.ended.wait(None if known is None else wait)
        with self._lock:
            now = self._clock()
            if running is not None:
                running.waiters -= 1
                # Also when the key has been dropped meanwhile.
                newer = running.snapshot
            if snapshot := entry.snapshot or newer or known:
                return self._registry.view(entry, snapshot, now, math.inf if newer is not None else ttl)
            error = self._error(entry, now)
        raise UnavailableError("There is no answer yet") if error is None else error.copy()

    def wait(self, keys: Iterable[Hashable], seconds: float) -> None:
        """Wait until the first answers of these keys are there or have failed, at most `seconds`."""
        with self._lock:
            entries = [entry for key in keys if (entry := self._registry.find(key)) and entry.snapshot is None]
            fetches = [entry.fetch for entry in entries if entry.fetch is not None]
        end = time.monotonic() + seconds
        for fetch in fetches:
            fetch.ended.wait(max(0.0, end - time.monotonic()))

    def peek(self, key: Hashable) -> Snapshot | None:
        """Return the snapshot of a key without requesting it; None when there is none."""
        with self._lock:
            entry = self._registry.find(key)
            return self._registry.view(entry, entry.snapshot, self._clock()) if entry and entry.snapshot else None

    def progress(self, key: Hashable) -> Progress | None:
        """Return the progress of the fetch of a key; None when none is queued or running."""
        with self._lock:
            entry = self._registry.find(key)
            return entry.fetch.progress(self._clock()) if entry and entry.fetch else None

    def interval(self, key: Hashable) -> float | None:
        """Return the seconds between two refreshes of a key in the background; None when it isn't refreshed."""
        with self._lock:
            entry = self._registry.find(key)
            return None if entry is None else entry.demand.shortest(self._clock())

    def statuses(self) -> list[EntryStatus]:
        """Return the state of all keys, the least recently used first."""
        with self._lock:
            return self._registry.status(self._clock())

    def retry_now(self, key: Hashable) -> None:
        """End the pause after a failure of the key, its endpoint and its API, except one that the API requested."""
        with self._lock:
            if entry := self._registry.find(key):
                now = self._clock()
                self._registry.end_pauses(entry, now)
                self._wake_for(entry, now)

    def refresh(self) -> float | None:
        """Start every fetch that is due and evict what is unused; return the seconds until the next call, if any.

        The store calls this itself.
        """
        with self._lock:
            now = self._clock()
            self._registry.evict(now)
            self._start_due(now)
            self._next_work = self._registry.next_work(now)
            return None if self._next_work == math.inf else max(0.05, self._next_work - now)

    def set_max_bytes(self, max_bytes: int) -> None:
        """Change the memory limit."""
        self._registry.max_bytes = max_bytes
        self._evict()

    def close(self) -> None:
        """Drop everything. Running fetches end unnoticed, but callers that wait for one get its result."""
        with self._lock:
            self._registry.close()
        self._timer.close()

    def __len__(self) -> int:
        return len(self._registry)

    def _error(self, entry: Entry, now: float) -> GridError | None:
        """Return why there is no answer; None when it is on its way."""
        error = self._registry.error(entry, now)
        if error is None and entry.fetch is None and self._queue.full:
            next_try = datetime.now(UTC) + timedelta(seconds=BUSY_SECONDS)
            return BusyError("Too many different things are asked for at the same moment", next_try=next_try)
        return error

    def _start_due(self, now: float, requested: Entry | None = None, *, prefer: bool = False) -> None:
        for entry in self._registry.startable(now, requested, prefer=prefer):
            if entry.snapshot is None and self._queue.full:
                self._drop_useless(now)
                if self._queue.full:
                    continue
            fetch = Fetch(entry, entry.function, entry.snapshot is None, now)
            self._queue.put(fetch)
            self._registry.start(fetch, now)

    def _take(self) -> Fetch | None:
        with self._lock:
            now = self._clock()
            self._drop_useless(now)
            if fetch := self._queue.next():
                fetch.started, fetch.started_at = now, datetime.now(UTC)
            return fetch

    def _drop_useless(self, now: float) -> None:
        for fetch in self._queue.remove_useless(math.inf if self._registry.closed else now):
            self._registry.drop(fetch)
            fetch.ended.set()
            _log.debug("A queued fetch was dropped, because it is not in demand any more")

    def _run(self, fetch: Fetch) -> None:
        error: GridError | None = None
        try:
            answer = fetch.function(fetch.on_progress)
            fetch.note(answer)
            fetch.snapshot = self._snapshot(fetch.entry.snapshot, answer)
        except GridError as failure:
            error = failure.copy()
        except MemoryError:
            error = OutOfMemoryError("There was too little memory for the answer")
        except Exception as failure:  # noqa: BLE001
            # Waiting callers must not wait forever, and the page must be able to show a reason.
            where = traceback_of(failure)
            facts = {"kind": "fault", "what": "fetch", "error": type(failure).__name__, "traceback": where}
            _log.error("A fetch failed unexpectedly\n%s", where, extra=facts)
            error = GridError(f"The answer could not be processed ({type(failure).__name__})")
        try:
            with self._lock:
                self._queue.done(fetch)
                if not self._registry.closed:
                    now = self._clock()
                    self._registry.finish(fetch, error, now)
                    self._start_due(now)
                    self._timer.wake()
        finally:
            fetch.ended.set()

    def _snapshot(self, known: Snapshot | None, answer: Answer) -> Snapshot:
        """Return a new version, or the known one with the new times when the records and the report are the same."""
        if known is not None and known.report == answer.report and known.frame.equals(answer.frame):
            return replace(known, answered_at=answer.answered_at, api_time=answer.api_time)
        now, api_now = answer.answered_at, answer.api_time
        memo, size = Memo(on_growth=self._evict), size_of(answer.frame)
        return Snapshot(answer.frame, answer.report, now, api_now, next(self._versions), now, api_now, memo, size)

    def _evict(self) -> None:
        with self._lock:
            self._registry.evict(self._clock())

    def _wake_for(self, entry: Entry, now: float) -> None:
        due = self._registry.next_work_of(entry, now)
        if due < self._next_work:
            self._next_work = due
            self._timer.wake()
