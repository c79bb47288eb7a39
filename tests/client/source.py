"""Something to fetch, for tests of the snapshot store."""

from __future__ import annotations

import threading

import pandas as pd


class Source:
    """Something to fetch: counts its calls, can be held up, answers or fails as told."""

    def __init__(self) -> None:
        self.calls = 0
        self.failure: Exception | None = None
        self.started = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.may_end.set()
        self.running = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def __call__(self) -> pd.DataFrame:
        with self._lock:
            self.calls += 1
            number = self.calls
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
        self.started.release()
        assert self.may_end.wait(10)
        with self._lock:
            self.running -= 1
        if self.failure is not None:
            raise self.failure
        return pd.DataFrame({"n": [number]})
