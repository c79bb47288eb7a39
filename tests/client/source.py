"""A scripted fetch function and a clock, for tests of the snapshot store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime

import pandas as pd

from gridrt_client.answer import Answer, OnProgress
from gridrt_client.snapshots.snapshot import Snapshot
from gridrt_client.snapshots.store import SnapshotStore

FOREVER = float("inf")
"""A time to live: an answer of any age will do."""


def answer(frame: pd.DataFrame) -> Answer:
    """An answer with the report and the times of the frame's attributes; with now for times that it hasn't."""
    answered_at = frame.attrs.get("answered_at", datetime.now(UTC).isoformat())
    times = (datetime.fromisoformat(frame.attrs.get(name, answered_at)) for name in ("answered_at", "api_time"))
    return Answer(frame, frame.attrs.get("report"), *times)


class Source:
    """Something to fetch: counts its calls, can be held up, answers or fails as told."""

    def __init__(self) -> None:
        self.calls = 0
        self.failure: Exception | None = None
        self.answer: pd.DataFrame | None = None
        self.progress: list[tuple[int, int | None]] = []
        self.started = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.may_end.set()
        self.running = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def __call__(self, on_progress: OnProgress) -> Answer:
        with self._lock:
            self.calls += 1
            number = self.calls
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
        for received, announced in self.progress:
            on_progress(received, announced)
        self.started.release()
        assert self.may_end.wait(10)
        with self._lock:
            self.running -= 1
        if self.failure is not None:
            raise self.failure
        return answer(pd.DataFrame({"n": [number]}) if self.answer is None else self.answer.copy())


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds


def number(snapshot: Snapshot | None) -> int:
    """Which call of a `Source` it was that gave this answer."""
    assert snapshot is not None
    return int(snapshot.frame["n"].iloc[0])


def until(condition: Callable[[], bool]) -> None:
    """Wait until something has come true that threads are about to make true."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def settled(store: SnapshotStore, *keys: Hashable) -> None:
    """Wait until nothing is under way for the keys."""
    until(lambda: all(store.progress(key) is None for key in keys))
