"""The newest good answer to each query, shared by everybody who looks, with its age and what was computed from it.

Whoever asks first starts the fetch, in a thread of its own, and everybody else is given the same one. Once there has
been an answer nobody has to wait again: while somebody looks it is renewed in the background when it is due, and when
that fails it stays, with the reason. A failure is never an empty answer. Who doesn't look costs the API nothing.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import pandas as pd

from gridrt_client.errors import BusyError, GridError, UnavailableError
from gridrt_client.snapshots._circuit_breaker import Pauses
from gridrt_client.snapshots._entry import (
    Answer,
    Entry,
    Fetch,
    FetchFunction,
    OnProgress,
    Progress,
    Snapshot,
    noted_time,
    same_answer,
)
from gridrt_client.snapshots._fetch_queue import FetchQueue, Job
from gridrt_client.snapshots._memo import Derived
from gridrt_client.snapshots._memory_size import size_of
from gridrt_client.snapshots._refresh_timer import Timer
from gridrt_client.snapshots._registry import Book

__all__ = ["Derived", "FetchFunction", "OnProgress", "Progress", "Snapshot", "SnapshotStore"]

_log = logging.getLogger(__name__)

BUSY_SECONDS: Final = 5.0
"""After so many seconds somebody who was refused may ask again."""


class SnapshotStore:
    """Snapshots by key, the least recently used forgotten first. For any number of threads.

    Parameters
    ----------
    max_entries
        So many keys are kept. A key whose fetch is under way is not forgotten before it ends.
    max_bytes
        So much memory may the answers and what was computed from them take, by an estimate; the key that was used last
        stays in any case.
    forget_after
        Seconds after which a key is forgotten that nobody asks for.
    max_fetches
        So many fetches run at a time, in as many threads; more wait for their turn.
    max_waiting
        So many very first answers wait for their turn at most; who asks for one more is refused for a moment.
    backoff
        Seconds after a failure in which the key, or the whole API where the failure says something about it, is not
        asked again. While there is a good answer to show, they double with each failure in a row.
    longest_backoff
        The most seconds that this grows to.
    longest_wait
        The most seconds for which an API that asks to be left alone (Retry-After) gets its wish.
    clock
        Seconds that only grow.
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
        pauses = Pauses(backoff, longest_backoff, longest_wait)
        self._book = Book(pauses, max_entries=max_entries, max_bytes=max_bytes, forget_after=forget_after)
        self._clock = clock
        self._queue = FetchQueue(self._fly, self._take, max_fetches, max_waiting)
        self._lock = threading.Lock()
        # One sequence for all keys: a key that was forgotten and fetched again must not repeat a version.
        self._versions = count(1)
        self._timer = Timer(self.renew)
        self._wakes = math.inf  # when the timer works next
        self._closed = False

    def ask(
        self, key: Hashable, fetch: FetchFunction, ttl: float, *, api: Hashable = None, endpoint: Hashable = None
    ) -> Snapshot | None:
        """The snapshot of a key as it is now; never waits. A fetch is started when one is due and allowed.

        Who asks with a finite `ttl` looks: for a while (see `_schedule.SHORTEST_LOOK`) the key is renewed whenever it
        is due, without being asked for again. A key is never fetched again before five times the duration of its last
        fetch after that one began, whatever the `ttl`.

        Parameters
        ----------
        key
            Everything that the answer depends on.
        fetch
            How to get the answer; called in another thread, once for all who ask at the same time.
        ttl
            Seconds for which a snapshot is fresh, counted from when it was stored. Infinity starts a fetch only when
            there is no answer at all.
        api, endpoint
            What the key has in common with all others that fail when the API as a whole does, and with those among them
            that fail when its endpoint does; no `api` when it has nothing in common.

        Returns None when there is no answer yet: one is under way, or waits for its turn.

        Raises
        ------
        GridError
            When there is no answer and the last try failed, also while the next one is under way; it says when that
            is, in `next_try`. `BusyError` when too many wait for very first answers.
        """
        with self._lock:
            now = self._clock()
            entry = self._asked(key, fetch, ttl, api, endpoint, now)
            if entry.good is None or now >= entry.due(ttl):
                self._start_due(now, entry)
            self._wake_for(entry, now)
            if entry.good is not None:
                return self._book.view(entry, entry.good, now, ttl)
            error = self._error(entry, now)
        if error is not None:
            # A copy: an error that a frame of its own traceback knows would stay until the garbage is collected.
            raise error.again()
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
    ) -> Snapshot:
        """As `ask`, but the very first answer is waited for, and a renewal for so many seconds.

        Parameters
        ----------
        wait
            How long to wait for a renewal, in seconds; 0 not at all, None until it ends.

        Raises
        ------
        GridError
            When there has never been an answer and there is none now. It is remembered for a moment, so that many who
            ask don't each call an API that fails.
        """
        with self._lock:
            now = self._clock()
            entry = self._asked(key, fetch, ttl, api, endpoint, now)
            good = entry.good
            if good is not None and now < entry.renewed + ttl:
                self._wake_for(entry, now)
                return self._book.view(entry, good, now)
            self._start_due(now, entry, first=True)
            self._wake_for(entry, now)
            flight = entry.flight
            if flight is not None:
                flight.waiters += 1
        if flight is not None:
            flight.landed.wait(None if good is None else wait)
        with self._lock:
            now = self._clock()
            if flight is not None:
                flight.waiters -= 1
            # Even when the key has been forgotten meanwhile.
            newer = flight.good if flight is not None else None
            good = entry.good or newer or good
            if good is not None:
                return self._book.view(entry, good, now, math.inf if newer is not None else ttl)
            error = self._error(entry, now)
        raise UnavailableError("There is no answer yet") if error is None else error.again()

    def wait(self, keys: Iterable[Hashable], seconds: float) -> None:
        """Wait until the very first answers of these keys are there or have failed, at most so many seconds."""
        with self._lock:
            entries = [entry for entry in map(self._book.find, keys) if entry is not None and entry.good is None]
            flights = [entry.flight for entry in entries if entry.flight is not None]
        end = time.monotonic() + seconds
        for flight in flights:
            flight.landed.wait(max(0.0, end - time.monotonic()))

    def peek(self, key: Hashable) -> Snapshot | None:
        """What there is, without asking for it; None when there is no answer."""
        with self._lock:
            entry = self._book.find(key)
            if entry is None or entry.good is None:
                return None
            return self._book.view(entry, entry.good, self._clock())

    def progress(self, key: Hashable) -> Progress | None:
        """How far the fetch of a key has come; None when none is under way."""
        with self._lock:
            entry = self._book.find(key)
            return None if entry is None or entry.flight is None else entry.flight.progress(self._clock())

    def is_looked_at(self, key: Hashable) -> bool:
        """Whether somebody looks at a key."""
        with self._lock:
            entry = self._book.find(key)
            return entry is not None and entry.looks.shortest(self._clock()) is not None

    def hurry(self, key: Hashable) -> None:
        """End the pause after a failure, the API's too, because a person wants another try.

        A pause that the API asked for stays.
        """
        with self._lock:
            entry = self._book.find(key)
            if entry is None:
                return
            now = self._clock()
            self._book.hurry(entry, now)
            self._wake_for(entry, now)

    def renew(self) -> float | None:
        """Start every fetch that is due for somebody who looks, and forget what nobody wants any more.

        The store does this by itself. Returns in how many seconds there is more to do; None when there is nothing.
        """
        with self._lock:
            now = self._clock()
            self._book.forget(now)
            self._start_due(now)
            self._wakes = self._book.next(now)
            return None if self._wakes == math.inf else max(0.05, self._wakes - now)

    def limit(self, max_bytes: int) -> None:
        """Change how much memory there is."""
        with self._lock:
            self._book.max_bytes = max_bytes
            self._book.forget(self._clock())

    def close(self) -> None:
        """Forget everything. Fetches under way end unheeded, but those who wait for one get its result."""
        with self._lock:
            self._closed = True
            self._book.clear()
        self._timer.close()

    def __len__(self) -> int:
        return len(self._book)

    def _asked(
        self, key: Hashable, fetch: FetchFunction, ttl: float, api: Hashable, endpoint: Hashable, now: float
    ) -> Entry:
        if self._closed:
            raise RuntimeError("The snapshot store is closed")
        return self._book.asked(key, fetch, ttl, api, endpoint, now)

    def _error(self, entry: Entry, now: float) -> GridError | None:
        """Why there is no answer; None when it is on its way."""
        error = self._book.error(entry, now)
        if error is None and entry.flight is None and self._queue.full:
            return BusyError(
                "Too many different things are asked for at the same moment",
                next_try=datetime.now(UTC) + timedelta(seconds=BUSY_SECONDS),
            )
        return error

    def _start_due(self, now: float, asked: Entry | None = None, *, first: bool = False) -> None:
        for entry in self._book.ready(now, asked, first=first):
            self._start(entry, now)

    def _start(self, entry: Entry, now: float) -> None:
        if entry.good is None and self._queue.full:
            self._drop_unwanted(now)
            if self._queue.full:
                return
        began_at = datetime.now(UTC)
        flight = Fetch(entry.fetch, now, began_at, now, began_at)
        self._queue.put(Job(entry, flight))
        self._book.started(entry, flight, now)

    def _take(self) -> Job | None:
        """The next job of a thread of the queue."""
        with self._lock:
            now = self._clock()
            self._drop_unwanted(now)
            job = self._queue.next()
            if job is not None:
                job.flight.start(now)
            return job

    def _drop_unwanted(self, now: float) -> None:
        for entry, flight in self._queue.unwanted(math.inf if self._closed else now):
            self._book.dropped(entry, flight)
            flight.landed.set()
            _log.debug("A fetch was dropped before it began, because nobody asks for it any more")

    def _fly(self, job: Job) -> None:
        entry, flight = job
        error: GridError | None = None
        first = job.first
        try:
            flight.good = self._good(entry.good, flight.fetch(flight.on_progress))
        except GridError as failed:
            error = failed.again()
        except Exception as failed:  # noqa: BLE001
            # Whatever it is: those who wait must not wait forever, and the page must be able to say something.
            _log.exception("A fetch failed in an unforeseen way")
            error = GridError(f"The answer could not be processed ({type(failed).__name__})")
        try:
            with self._lock:
                self._queue.done(first=first)
                if not self._closed:
                    now = self._clock()
                    self._book.landed(entry, flight, error, now)
                    self._start_due(now)
                    self._timer.wake()
        finally:
            flight.landed.set()

    def _good(self, known: Answer | None, frame: pd.DataFrame) -> Answer:
        """An answer to keep: the known one's frame and what was computed from it, when the records are the same."""
        answered = noted_time(frame, "answered_at") or datetime.now(UTC)
        by_api = noted_time(frame, "api_time") or answered
        if known is not None and same_answer(known.frame, frame):
            return replace(known, fetched_at=answered, api_time=by_api)
        derived = Derived(grown=self._grown)
        return Answer(frame, answered, by_api, next(self._versions), answered, by_api, derived, size_of(frame))

    def _grown(self) -> None:
        """Something was computed from an answer."""
        with self._lock:
            self._book.forget(self._clock())

    def _wake_for(self, entry: Entry, now: float) -> None:
        due = self._book.next_of(entry, now)
        if due < self._wakes:
            self._wakes = due
            self._timer.wake()
