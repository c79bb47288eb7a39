"""The thread that refreshes snapshots in the background."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


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
