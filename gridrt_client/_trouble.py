"""After a failure: how long to leave an API alone, and who may try first.

One query that the API refuses is left alone by itself. What says something about the API as a whole (it is down, the
token is refused, it asks for less) opens the API's `Breaker`: nothing is asked of it, then one fetch goes ahead, and
its end decides for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gridrt_client import errors
from gridrt_client.errors import GridError

ABOUT_THE_API: Final = (
    errors.UnavailableError,
    errors.GridTimeoutError,
    errors.RateLimitedError,
    errors.UnauthorizedError,
    errors.ForbiddenError,
    errors.UnknownTenantError,
    errors.RedirectedError,
    errors.NotJSONError,
    errors.NotAnArrayError,
)
"""Failures that the next query would meet, too."""


@dataclass(frozen=True)
class Pauses:
    """How long to wait after a failure, in seconds; see `SnapshotStore`."""

    backoff: float
    longest_backoff: float
    longest_wait: float

    def asked(self, error: GridError) -> float:
        """What the API asked for, within reason."""
        return min(self.longest_wait, error.retry_after or 0.0)

    def after(self, failures: int, error: GridError, took: float) -> float:
        """After so many failures in a row, the first being 0, the last of which took so long to come."""
        pause = min(self.longest_backoff, self.backoff * 2.0 ** min(failures, 20))
        return max(pause, min(self.longest_wait, took), self.asked(error))


@dataclass(eq=False)
class Trouble:
    """The failures in a row of one query, or of one API, since it last worked."""

    pauses: Pauses
    error: GridError | None = None
    failed_at: datetime | None = None
    failures: int = 0
    since: float = 0.0
    """When the last one was (monotonic)."""
    until: float = 0.0
    """When the next try may begin (monotonic); 0 when nothing is wrong."""
    asked_until: float = 0.0
    """The same, as far as the API itself asked for it."""

    def failed(self, error: GridError, now: float, took: float = 0.0, *, growing: bool) -> None:
        """One more failure. The pauses grow only while there is something to show meanwhile."""
        self.asked_until = now + self.pauses.asked(error)
        self.until = now + self.pauses.after(self.failures if growing else 0, error, took)
        self.error, self.failed_at, self.since = error, datetime.now(UTC), now
        self.failures += 1

    def over(self) -> None:
        self.error = self.failed_at = None
        self.failures, self.until, self.asked_until = 0, 0.0, 0.0

    def hurry(self, now: float) -> None:
        """End the pause, but not the one that the API asked for."""
        if self.error is not None:
            self.until = min(self.until, max(now, self.asked_until))


class Breaker(Trouble):
    """The trouble of an API: closed while there is none; open during the pause; then one fetch may go ahead."""

    probe: object | None = None
    """The fetch that goes ahead."""

    @property
    def closed(self) -> bool:
        return self.error is None

    def may_probe(self, now: float) -> bool:
        return self.probe is None and now >= self.until

    def ended(self, fetch: object, error: GridError | None, now: float, *, growing: bool) -> None:
        """A fetch ended. While the breaker is open only the one that went ahead decides: the others began before."""
        ahead = fetch is self.probe
        if ahead:
            self.probe = None
        if not isinstance(error, ABOUT_THE_API):
            # Also a query that was refused shows that the API works.
            if ahead:
                self.over()
        elif ahead or self.closed:
            self.failed(error, now, growing=growing)
        elif now + self.pauses.asked(error) > self.until:
            self.asked_until = self.until = now + self.pauses.asked(error)
            self.error = error
