"""Which refresh intervals are in demand, and the thread that refreshes in the background."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)

SHORTEST_DEMAND = 15.0
"""A request creates demand for twice its ttl, at least for this many seconds: longer than the polling interval of a
page on a busy server or in a background tab."""
SHORTEST_INTERVAL = 1.0
"""Seconds between two background refreshes, at least."""


class Demand:
    """The ttls that a key was requested with, and when. Not thread-safe."""

    def __init__(self) -> None:
        self._last: dict[float, float] = {}

    def add(self, ttl: float, now: float) -> None:
        """Note a request. Neither ttl 0 (once) nor infinity (paused) creates demand."""
        if 0 < ttl < math.inf:
            self._last = {one: last for one, last in self._last.items() if _lasts(one, last, now)} | {ttl: now}

    def shortest(self, now: float) -> float | None:
        """Return the shortest interval in demand, in seconds; None without demand."""
        wanted = [ttl for ttl, last in self._last.items() if _lasts(ttl, last, now)]
        return max(SHORTEST_INTERVAL, min(wanted)) if wanted else None


def _lasts(ttl: float, last: float, now: float) -> bool:
    return now <= last + max(2 * ttl, SHORTEST_DEMAND)


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
        """Call `work` now."""
        with self._lock:
            if self._closed:
                return
            self._woken.set()
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="gridrt-refresh", daemon=True)
                thread.start()
                self._thread = thread

    def close(self) -> None:
        """End the thread for good."""
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
