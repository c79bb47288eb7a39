"""The threads of the snapshot store: those that run queued fetches, and the one that refreshes in the background."""

import logging
import threading
from collections.abc import Callable

from gridrt_client.errors import OutOfMemoryError
from gridrt_client.snapshots._entry import Fetch

_log = logging.getLogger(__name__)


class FetchQueue:
    """Queued fetches and worker threads. Not thread-safe: the store calls it with its lock held.

    Refreshes of established entries come first, then other refreshes, then first answers, each in the order of their
    requests. A quarter of the threads is kept for refreshes and a quarter for first answers, so that neither waits for
    slow fetches of the other.

    A worker thread calls `take` for its next fetch, which calls `next` with the lock held, and `run` with no lock held.
    At most `max_fetches` run, and `max_waiting` first answers are queued.
    """

    def __init__(
        self, run: Callable[[Fetch], None], take: Callable[[], Fetch | None], max_fetches: int, max_waiting: int
    ) -> None:
        self._run, self._take = run, take
        self._max_fetches, self._max_waiting = max_fetches, max_waiting
        self._fetches: list[Fetch] = []
        self._threads = 0
        self._running = {True: 0, False: 0}  # by Fetch.is_first

    @property
    def full(self) -> bool:
        return sum(fetch.is_first for fetch in self._fetches) >= self._max_waiting

    def put(self, fetch: Fetch) -> None:
        if self._threads < self._max_fetches:
            try:
                # A daemon: a slow API must not keep the process from ending.
                threading.Thread(target=self._work, name="gridrt-fetch", daemon=True).start()
                self._threads += 1
            except RuntimeError as error:
                # One that runs takes this fetch, too.
                if not self._threads:
                    raise OutOfMemoryError("The system permits this process no more threads") from error
        self._fetches.append(fetch)

    def remove_useless(self, now: float) -> list[Fetch]:
        """Remove and return the fetches that serve no caller any more."""
        useless = [fetch for fetch in self._fetches if not fetch.waiters and not fetch.entry.is_useful(now)]
        self._fetches = [fetch for fetch in self._fetches if fetch not in useless]
        return useless

    def next(self) -> Fetch | None:
        """Remove and return the next fetch; None when there is none, which ends the calling thread."""
        limit = self._max_fetches - self._max_fetches // 4
        allowed = [fetch for fetch in self._fetches if self._running[fetch.is_first] < limit]
        if not allowed:
            self._threads -= 1
            return None
        fetch = min(allowed, key=lambda one: one.rank)
        self._fetches.remove(fetch)
        self._running[fetch.is_first] += 1
        return fetch

    def done(self, fetch: Fetch) -> None:
        self._running[fetch.is_first] -= 1

    def _work(self) -> None:
        while (fetch := self._take()) is not None:
            self._run(fetch)


class Timer:
    """Call `work` in a daemon thread that exists only while there is something to wait for.

    `work` returns the seconds until its next call, or None to wait for `wake`.
    """

    def __init__(self, work: Callable[[], float | None]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def wake(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._woken.set()
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="gridrt-refresh", daemon=True)
                thread.start()
                self._thread = thread

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._woken.set()

    def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                delay = self._work()
            except Exception:  # noqa: BLE001
                # Such as too many threads; without this no refresh would follow.
                _log.exception("Refreshing failed unexpectedly")
                delay = 10.0
            with self._lock:
                if self._closed or (delay is None and not self._woken.is_set()):
                    self._thread = None
                    return
            self._woken.wait(delay)
