"""Warnings that requests from outside can cause, limited so that they can't fill the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

_EVERY: Final = 600.0
_MOST: Final = 20


class LimitedLog:
    """Log each warning at most once in ten minutes, and at most 20 different ones in them.

    Parameters
    ----------
    log
        Where they go.
    clock
        Seconds that only grow.
    """

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._logged: dict[tuple[object, ...], float] = {}

    def warning(self, message: str, *values: object) -> None:
        if self.allows(message, *values):
            self._log.warning(message, *values)

    def allows(self, *key: object) -> bool:
        """Return whether what this key stands for may be logged now, and note that it is."""
        now = self._clock()
        self._logged = {one: at for one, at in self._logged.items() if now - at < _EVERY}
        if key in self._logged or len(self._logged) >= _MOST:
            return False
        self._logged[key] = now
        return True
