"""Who looks, and when there is something to do for them."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)

SHORTEST_LOOK = 15.0
"""Somebody who asked counts as looking for twice the ttl that they asked with, and at least for so many seconds: longer
than pages leave between two looks, also those of a busy server and of a browser's background tab."""
SHORTEST_INTERVAL = 1.0
"""A renewal without anybody's asking is due after so many seconds at the earliest."""


class Demand:
    """How fresh those who look want it: by ttl, when it was last asked for. Not for several threads."""

    def __init__(self) -> None:
        self._last: dict[float, float] = {}

    def add(self, ttl: float, now: float) -> None:
        """Somebody asked. With ttl 0 they wanted it once, with infinity they paused: neither looks on."""
        if 0 < ttl < math.inf:
            self._last = {one: last for one, last in self._last.items() if _looks(one, last, now)}
            self._last[ttl] = now

    def shortest(self, now: float) -> float | None:
        """The shortest interval that somebody who looks wants, in seconds; None when nobody looks."""
        wanted = [ttl for ttl, last in self._last.items() if _looks(ttl, last, now)]
        return max(SHORTEST_INTERVAL, min(wanted)) if wanted else None


def _looks(ttl: float, last: float, now: float) -> bool:
    return now <= last + max(2 * ttl, SHORTEST_LOOK)


class Timer:
    """A thread that works when it is time, there only while there is something to wait for.

    Parameters
    ----------
    work
        Does what is due, and says in how many seconds there is more to do; None for never, until `wake`.
    """

    def __init__(self, work: Callable[[], float | None]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def wake(self) -> None:
        """Work now."""
        with self._lock:
            if self._closed:
                return
            self._woken.set()
            if self._thread is None:
                # A daemon: nobody waits for it at the end of the process.
                thread = threading.Thread(target=self._run, name="gridrt-renew", daemon=True)
                thread.start()
                self._thread = thread

    def close(self) -> None:
        """End the thread, for good."""
        with self._lock:
            self._closed = True
            self._woken.set()

    def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                delay = self._work()
            except Exception:  # noqa: BLE001
                # Such as too many threads; without this nothing would be renewed any more
                _log.exception("Renewing failed in an unforeseen way")
                delay = 10.0
            with self._lock:
                if self._closed or (delay is None and not self._woken.is_set()):
                    self._thread = None
                    return
            self._woken.wait(delay)
