"""The emulator's clock: real time, a chosen start that moves on, at a chosen speed, or a frozen instant."""

from __future__ import annotations

import time
from datetime import UTC, datetime

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock:
    """Milliseconds since the epoch, starting at ``start`` (None: now).

    ``frozen`` stops the time there; else ``speed`` says how many seconds pass in a second.
    """

    def __init__(self, start: int | None = None, *, frozen: bool = False, speed: int = 1) -> None:
        self.start = time.time_ns() // 1_000_000 if start is None else start
        self.frozen = frozen
        self.speed = speed
        # Monotonic, so that a correction of the computer's clock never removes records.
        self._began = time.monotonic_ns()

    def now(self) -> int:
        """Return the current time in ms since the epoch."""
        if self.frozen:
            return self.start
        return self.start + (time.monotonic_ns() - self._began) * self.speed // 1_000_000


def parse_instant(text: str) -> int:
    """Return ISO 8601 with a zone (``2026-11-23T12:00:00Z``) as ms since the epoch; raise ValueError with a reason."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date like 2026-11-23T12:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: write a Z or an offset such as +01:00 behind it")
    if not 2000 <= moment.year <= 2100:
        raise ValueError(f"{text!r} is not between the years 2000 and 2100")
    return int(moment.astimezone(UTC).timestamp() * 1000)
