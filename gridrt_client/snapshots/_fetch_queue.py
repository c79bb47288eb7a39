"""The queue of fetches and the threads that run them.

Refreshes of established entries come first, then other refreshes, then first answers, each in the order of their
requests. A quarter of the threads is kept for refreshes and a quarter for first answers, so that neither waits for slow
fetches of the other.
"""

import threading
from collections.abc import Callable

from gridrt_client.snapshots._entry import Fetch


class FetchQueue:
    """Queued fetches and worker threads. Not thread-safe: the store calls it with its lock held.

    A worker thread calls `take` for its next fetch (which calls `next` with the lock held) and `run` with no lock held,
    and ends without a fetch. At most `max_fetches` run, and `max_waiting` first answers are queued.
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
        """Whether no further first answer can be queued."""
        return sum(fetch.is_first for fetch in self._fetches) >= self._max_waiting

    def put(self, fetch: Fetch) -> None:
        if self._threads < self._max_fetches:
            # A daemon: a slow API must not keep the process from ending.
            threading.Thread(target=self._work, name="gridrt-fetch", daemon=True).start()
            self._threads += 1
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
