"""The queue of fetches and the threads that run them.

Refreshes of established entries come first, then other refreshes, then first answers, each in the order of their
requests. A quarter of the threads is kept for refreshes and a quarter for first answers, so that neither waits for slow
fetches of the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from gridrt_client.snapshots._entry import Entry, Fetch


class Job(NamedTuple):
    """A fetch for an entry."""

    entry: Entry
    fetch: Fetch

    @property
    def is_first(self) -> bool:
        """Whether the entry has no answer yet."""
        return self.entry.snapshot is None

    @property
    def rank(self) -> int:
        return 2 if self.is_first else int(not self.entry.is_established)


class FetchQueue:
    """Queued jobs and worker threads. Not thread-safe: the store calls it with its lock held.

    A worker thread calls `take` for its next job (which calls `next` with the lock held) and `run` with no lock held,
    and ends without a job. At most `max_fetches` jobs run, and `max_waiting` first answers are queued.
    """

    def __init__(
        self, run: Callable[[Job], None], take: Callable[[], Job | None], max_fetches: int, max_waiting: int
    ) -> None:
        self._run = run
        self._take = take
        self._max_fetches = max_fetches
        self._max_waiting = max_waiting
        self._jobs: list[Job] = []
        self._threads = 0
        self._running = {True: 0, False: 0}  # by Job.is_first

    @property
    def full(self) -> bool:
        """Whether no further first answer can be queued."""
        return sum(job.is_first for job in self._jobs) >= self._max_waiting

    def put(self, job: Job) -> None:
        """Queue a job."""
        if self._threads < self._max_fetches:
            # A daemon: a slow API must not keep the process from ending.
            threading.Thread(target=self._work, name="gridrt-fetch", daemon=True).start()
            self._threads += 1
        self._jobs.append(job)

    def remove_useless(self, now: float) -> list[Job]:
        """Remove and return the jobs that serve no caller any more."""
        useless = [job for job in self._jobs if not job.fetch.waiters and not job.entry.is_useful(now)]
        self._jobs = [job for job in self._jobs if job not in useless]
        return useless

    def next(self) -> Job | None:
        """Remove and return the next job; None when there is none, which ends the calling thread."""
        limit = self._max_fetches - self._max_fetches // 4
        allowed = [job for job in self._jobs if self._running[job.is_first] < limit]
        if not allowed:
            self._threads -= 1
            return None
        job = min(allowed, key=lambda one: one.rank)
        self._jobs.remove(job)
        self._running[job.is_first] += 1
        return job

    def done(self, *, is_first: bool) -> None:
        """Note the end of a job; `is_first` as it was when the job began."""
        self._running[is_first] -= 1

    def _work(self) -> None:
        while (job := self._take()) is not None:
            self._run(job)
