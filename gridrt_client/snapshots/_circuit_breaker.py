"""Pauses after failures, for one query and, by circuit breakers, for an endpoint or the whole API.

A failure that other queries would meet too opens the breaker of the endpoint or the API. While it is open no fetch
begins; after the pause one fetch, the probe, decides for all. Times are monotonic.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

from gridrt_client import errors
from gridrt_client.errors import GridError


class FailureScope(Enum):
    """Which other queries would fail for the same reason."""

    QUERY = auto()
    ENDPOINT = auto()
    API = auto()


_OF_API: Final = (
    errors.ConnectTimeoutError,
    errors.RateLimitedError,
    errors.UnauthorizedError,
    errors.ForbiddenError,
    errors.RedirectedError,
)
# UnknownTenantError: a missing endpoint looks like an unknown tenant. Three requests in each pause instead of one
# keep the views that don't need the missing endpoint working.
_OF_ENDPOINT: Final = (errors.GridTimeoutError, errors.UnknownTenantError, errors.NotJSONError, errors.NotAnArrayError)
# Statuses of no answer at all, and of a proxy or network that asks for a sign-in.
_NOT_FROM_API: Final = (None, 407, 511)


def failure_scope(error: GridError) -> FailureScope:
    if isinstance(error, _OF_API):
        return FailureScope.API
    if isinstance(error, errors.UnavailableError):
        return FailureScope.API if error.status in _NOT_FROM_API else FailureScope.ENDPOINT
    return FailureScope.ENDPOINT if isinstance(error, _OF_ENDPOINT) else FailureScope.QUERY


@dataclass(frozen=True)
class Backoff:
    """Pauses after failures, in seconds; see `SnapshotStore`."""

    first: float
    longest: float
    longest_retry_after: float

    def retry_after(self, error: GridError) -> float:
        """Return the pause that the API requested, limited to `longest_retry_after`."""
        return min(self.longest_retry_after, error.retry_after or 0.0)


@dataclass(eq=False)
class Failures:
    """The failures in a row of a query, an endpoint or an API; pauses end at 0 when nothing is wrong."""

    backoff: Backoff
    error: GridError | None = None
    failed_at: datetime | None = None
    count: int = 0
    last: float = 0.0
    paused_until: float = 0.0
    retry_after_until: float = 0.0  # the end of the pause that the API itself requested

    def record(self, error: GridError, now: float, shortest: float = 0.0, *, growing: bool) -> None:
        """Add a failure and pause `shortest` seconds at least. Pauses grow only with an earlier answer to show."""
        requested = self.backoff.retry_after(error)
        doubled = self.backoff.first * 2.0 ** min(self.count if growing else 0, 20)
        self.retry_after_until = now + requested
        self.paused_until = now + max(min(self.backoff.longest, max(shortest, doubled)), requested)
        self.error, self.failed_at, self.last = error, datetime.now(UTC), now
        self.count += 1

    def clear(self) -> None:
        self.error = self.failed_at = None
        self.count, self.paused_until, self.retry_after_until = 0, 0.0, 0.0

    def end_pause(self, now: float) -> None:
        if self.error is not None:
            self.paused_until = min(self.paused_until, max(now, self.retry_after_until))


@dataclass(eq=False)
class CircuitBreaker(Failures):
    """The failures of an API or an endpoint: closed without any, else open until the end of a probe.

    `scope` is the scope of the failures that open it, `probe` the fetch that tests the API while it is open.
    """

    scope: FailureScope = FailureScope.API
    probe: object | None = None

    def allows(self, now: float) -> bool:
        return self.error is None or (self.probe is None and now >= self.paused_until)

    def drop(self, fetch: object) -> None:
        """Note that a fetch will not begin."""
        if fetch is self.probe:
            self.probe = None

    def finish(self, fetch: object, error: GridError | None, now: float, *, growing: bool) -> None:
        """Note the end of a fetch. While the breaker is open, only that of the probe closes it."""
        probed = fetch is self.probe
        self.drop(fetch)
        scope = None if error is None else failure_scope(error)
        if error is not None and scope is self.scope:
            if probed or self.error is None:
                self.record(error, now, growing=growing)
            elif now + self.backoff.retry_after(error) > self.paused_until:
                self.retry_after_until = self.paused_until = now + self.backoff.retry_after(error)
                self.error = error
        elif probed and not (scope is FailureScope.API and self.scope is FailureScope.ENDPOINT):
            # A refused query shows that its endpoint works, and a failing endpoint that the API can be reached. A
            # request that did not reach the endpoint says nothing about it.
            self.clear()
