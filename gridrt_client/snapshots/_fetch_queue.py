"""Fetches that wait for their turn, and the few threads that run them.

Renewals of what somebody has looked at for a while come first, then other renewals, then very first answers, each in
the order in which they were asked for. A quarter of the threads is kept for renewals and a quarter for first answers,
so that neither has to wait for slow ones of the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from gridrt_client.snapshots._entry import Entry, Fetch


class Job(NamedTuple):
    """A fetch for an entry."""

    entry: Entry
    flight: Fetch

    @property
    def first(self) -> bool:
        """Whether there has never been an answer."""
        return self.entry.good is None

    @property
    def rank(self) -> int:
        return 2 if self.first else int(not self.entry.steady)


class FetchQueue:
    """Not for several threads: the store calls it with its lock held.

    Parameters
    ----------
    run
        Runs a job; called in a thread of the queue, with no lock held.
    take
        Gives a thread its next job, or None when there is none; calls `next`, with the store's lock held.
    max_fetches
        So many run at a time, in as many threads, which are there only while there is something to do.
    max_waiting
        So many very first answers wait at most.
    """

    def __init__(
        self, run: Callable[[Job], None], take: Callable[[], Job | None], max_fetches: int, max_waiting: int
    ) -> None:
        self._run = run
        self._take = take
        self._max_fetches = max_fetches
        self._max_waiting = max_waiting
        self._waiting: list[Job] = []
        self._threads = 0
        self._running = {True: 0, False: 0}  # first answers, and renewals

    @property
    def full(self) -> bool:
        """Whether no further very first answer can wait."""
        return sum(job.first for job in self._waiting) >= self._max_waiting

    def put(self, job: Job) -> None:
        """Let a job wait for its turn, which may be now."""
        if self._threads < self._max_fetches:
            # A daemon: a slow API must not keep the process from ending.
            thread = threading.Thread(target=self._work, name="gridrt-fetch", daemon=True)
            thread.start()
            self._threads += 1
        self._waiting.append(job)

    def unwanted(self, now: float) -> list[Job]:
        """Take out the jobs that are of no use to anybody any more."""
        dropped = [job for job in self._waiting if not job.flight.waiters and not job.entry.wanted(now)]
        for job in dropped:
            self._waiting.remove(job)
        return dropped

    def next(self) -> Job | None:
        """Take out the job whose turn it is; None when there is none, and then the thread that asks ends."""
        kept = self._max_fetches // 4
        allowed = [job for job in self._waiting if self._running[job.first] < self._max_fetches - kept]
        if not allowed:
            self._threads -= 1
            return None
        # Of the same rank the first.
        job = min(allowed, key=lambda one: one.rank)
        self._waiting.remove(job)
        self._running[job.first] += 1
        return job

    def done(self, *, first: bool) -> None:
        """A job has ended; `first` is what it was when it began."""
        self._running[first] -= 1

    def _work(self) -> None:
        while (job := self._take()) is not None:
            self._run(job)
