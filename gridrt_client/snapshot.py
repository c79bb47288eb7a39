"""The newest good answer to each query, shared by everybody who looks, with its age.

Whoever asks first starts the fetch, in a thread of its own; everybody else who asks meanwhile waits for the same one.
Once there has been an answer nobody has to wait again: an old one is renewed in the background, and when that fails it
stays, with the reason. A failure is never an empty answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import pandas as pd

from gridrt_client.errors import GridError, UnavailableError

_log = logging.getLogger(__name__)

Fetch = Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class Snapshot:
    """One answer, as good as it is known now.

    Attributes
    ----------
    frame
        The records. It is the caller's own: changing it changes nobody else's.
    fetched_at
        When the API answered (UTC).
    version
        Larger for each newer answer to a query, and never given to two answers of one store.
    error, failed_at
        Why the newest try to renew it failed, and when (UTC); None when it didn't.
    refreshing
        Whether it is being renewed at the moment.
    """

    frame: pd.DataFrame
    fetched_at: datetime
    version: int
    error: GridError | None = None
    failed_at: datetime | None = None
    refreshing: bool = False

    def age(self, now: datetime | None = None) -> float:
        """Seconds since the API answered; not below 0."""
        return max(0.0, ((now or datetime.now(UTC)) - self.fetched_at).total_seconds())


@dataclass(eq=False)
class _Entry:
    good: Snapshot | None = None
    renewed: float = 0.0  # when `good` was stored, monotonic
    error: GridError | None = None
    failed_at: datetime | None = None
    failures: int = 0  # in a row
    next_try: float = 0.0  # monotonic
    flight: threading.Event | None = None  # set when the fetch under way has ended


class SnapshotStore:
    """Snapshots by key, the least recently used forgotten first. For any number of threads.

    Parameters
    ----------
    max_entries
        So many keys are kept. A key whose fetch is under way is not forgotten before it ends.
    max_fetches
        So many fetches run at a time; more wait for their turn.
    backoff
        Seconds after a failure in which the key is not asked for again. While there is a good answer to show, they
        double with each failure in a row.
    longest_backoff
        The most seconds that this grows to.
    longest_wait
        The most seconds for which an API that asks to be left alone (Retry-After) gets its wish.
    """

    def __init__(
        self,
        max_entries: int = 64,
        *,
        max_fetches: int = 8,
        backoff: float = 5.0,
        longest_backoff: float = 60.0,
        longest_wait: float = 900.0,
    ) -> None:
        self._max_entries = max_entries
        self._backoff = backoff
        self._longest_backoff = longest_backoff
        self._longest_wait = longest_wait
        self._turn = threading.BoundedSemaphore(max_fetches)
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        # One sequence for all keys: a key that was forgotten and fetched again must not repeat a version.
        self._versions = count(1)
        self._closed = False

    def get(self, key: Hashable, fetch: Fetch, ttl: float, wait: float | None = None) -> Snapshot:
        """The snapshot of a key.

        Parameters
        ----------
        key
            Everything that the answer depends on.
        fetch
            How to get the answer; called in another thread, once for all who ask at the same time.
        ttl
            Seconds for which a snapshot is fresh, counted from when it was stored.
        wait
            How long to wait for a renewal, in seconds; 0 not at all, None until it ends. The very first answer is
            always waited for.

        Raises
        ------
        GridError
            When there has never been an answer and there is none now. It is remembered for a moment, so that many who
            ask don't each call an API that fails.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("The snapshot store is closed")
            entry = self._entry(key)
            now, good = time.monotonic(), entry.good
            if good is not None and now - entry.renewed < ttl:
                return self._view(entry, good)
            if entry.flight is None and now >= entry.next_try:
                self._start(entry, fetch)
            flight = entry.flight
        if flight is not None:
            flight.wait(None if good is None else wait)
        # Also when the key has been forgotten meanwhile: the entry has what was waited for.
        with self._lock:
            if entry.good is not None:
                return self._view(entry, entry.good)
            error = entry.error or UnavailableError("There is no answer yet")
        raise error.again()

    def peek(self, key: Hashable) -> Snapshot | None:
        """What there is, without asking for it; None when there has never been an answer."""
        with self._lock:
            entry = self._entries.get(key)
            return self._view(entry, entry.good) if entry is not None and entry.good is not None else None

    def hurry(self, key: Hashable) -> None:
        """End the pause after a failure, because a person wants another try; one that the API asked for stays."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.error is not None and entry.error.retry_after is None:
                entry.next_try = 0.0

    def close(self) -> None:
        """Forget everything. Fetches under way end unheeded, but those who wait for one get its result."""
        with self._lock:
            self._closed = True
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def _entry(self, key: Hashable) -> _Entry:
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        self._forget()
        return entry

    def _forget(self) -> None:
        surplus = len(self._entries) - self._max_entries
        if surplus > 0:
            newest = next(reversed(self._entries))
            idle = [key for key, entry in self._entries.items() if entry.flight is None and key != newest]
            for key in idle[:surplus]:
                del self._entries[key]

    def _start(self, entry: _Entry, fetch: Fetch) -> None:
        flight = threading.Event()
        # A daemon: a slow API must not keep the process from ending.
        thread = threading.Thread(target=self._fly, args=(entry, flight, fetch), name="gridrt-fetch", daemon=True)
        thread.start()
        entry.flight = flight

    def _fly(self, entry: _Entry, flight: threading.Event, fetch: Fetch) -> None:
        error: GridError | None = None
        try:
            with self._turn:
                frame = fetch()
        except GridError as failed:
            error = failed.again()
        except Exception as failed:  # noqa: BLE001
            # Whatever it is: those who wait must not wait forever, and the page must be able to say something.
            _log.exception("A fetch failed in an unforeseen way")
            error = GridError(f"The answer could not be processed ({type(failed).__name__})")
        with self._lock:
            now = time.monotonic()
            if error is None:
                entry.good = Snapshot(frame, _answered_at(frame), next(self._versions))
                entry.renewed, entry.next_try, entry.failures = now, 0.0, 0
                entry.error = entry.failed_at = None
            else:
                entry.error, entry.failed_at = error, datetime.now(UTC)
                entry.next_try = now + self._pause(entry, error)
                entry.failures += 1
            entry.flight = None
            self._forget()
        flight.set()

    def _pause(self, entry: _Entry, error: GridError) -> float:
        doublings = 0 if entry.good is None else min(entry.failures, 20)
        pause = min(self._longest_backoff, self._backoff * 2.0**doublings)
        return max(pause, min(self._longest_wait, error.retry_after or 0.0))

    def _view(self, entry: _Entry, good: Snapshot) -> Snapshot:
        """What the entry holds now, with a frame of the caller's own: copy on write makes that free."""
        return Snapshot(
            good.frame.copy(deep=False),
            good.fetched_at,
            good.version,
            entry.error,
            entry.failed_at,
            entry.flight is not None,
        )


def _answered_at(frame: pd.DataFrame) -> datetime:
    """When the API answered; the client notes it, because unpacking and decoding take their time."""
    noted = frame.attrs.get("answered_at")
    return datetime.fromisoformat(noted) if isinstance(noted, str) else datetime.now(UTC)
