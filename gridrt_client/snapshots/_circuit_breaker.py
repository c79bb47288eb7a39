"""After a failure: how long to leave an API or one of its endpoints alone, and who may try first.

One query that the API refuses is left alone by itself. What the next query of the same endpoint, or of any, would meet
too opens a `Breaker`: nothing is asked of the endpoint or the API, then one fetch goes ahead, and its end decides for
all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from gridrt_client import errors
from gridrt_client.errors import GridError


class About(Enum):
    """What a failure says something about: who else would meet it."""

    QUERY = "the query alone"
    ENDPOINT = "the endpoint: it has a problem that the others need not have"
    API = "the API as a whole: its connection, or the token"


_ABOUT_THE_API: Final = (
    errors.ConnectTimeoutError,
    errors.RateLimitedError,
    errors.UnauthorizedError,
    errors.ForbiddenError,
    errors.RedirectedError,
)
_ABOUT_THE_ENDPOINT: Final = (
    errors.GridTimeoutError,
    # 404: an API that lacks one endpoint can't be told from one that doesn't know the tenant. Three requests instead of
    # one in each pause are a small price for views that don't need the missing one.
    errors.UnknownTenantError,
    errors.NotJSONError,
    errors.NotAnArrayError,
)


_OF_THE_WAY: Final = (None, 407, 511)
"""No answer at all, or that of a proxy or a network that wants a sign-in."""


def about(error: GridError) -> About:
    """What a failure says something about."""
    if isinstance(error, _ABOUT_THE_API):
        return About.API
    if isinstance(error, errors.UnavailableError):
        return About.API if error.status in _OF_THE_WAY else About.ENDPOINT
    return About.ENDPOINT if isinstance(error, _ABOUT_THE_ENDPOINT) else About.QUERY


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
        pause = max(took, self.backoff * 2.0 ** min(failures, 20))
        return max(min(self.longest_backoff, pause), self.asked(error))


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


@dataclass(eq=False)
class Breaker(Trouble):
    """The trouble of an API or an endpoint: closed while there is none; open during the pause; then one fetch may go
    ahead."""

    level: About = About.API
    """The failures that open it."""
    probe: object | None = None
    """The fetch that goes ahead."""

    @property
    def closed(self) -> bool:
        return self.error is None

    def may_probe(self, now: float) -> bool:
        return self.probe is None and now >= self.until

    def allows(self, now: float) -> bool:
        """Whether a fetch may begin."""
        return self.closed or self.may_probe(now)

    def dropped(self, fetch: object) -> None:
        """A fetch never began."""
        if fetch is self.probe:
            self.probe = None

    def ended(self, fetch: object, error: GridError | None, now: float, *, growing: bool) -> None:
        """A fetch ended. While the breaker is open only the one that went ahead decides: the others began before."""
        ahead = fetch is self.probe
        if ahead:
            self.probe = None
        found = None if error is None else about(error)
        if error is not None and found is self.level:
            self._failed(error, now, ahead=ahead, growing=growing)
        elif ahead and not (found is About.API and self.level is About.ENDPOINT):
            # Also a query that was refused shows that the endpoint works, and one that failed in its endpoint that the
            # API can be reached. A request that did not reach the endpoint says nothing about it.
            self.over()

    def _failed(self, error: GridError, now: float, *, ahead: bool, growing: bool) -> None:
        if ahead or self.closed:
            self.failed(error, now, growing=growing)
        elif now + self.pauses.asked(error) > self.until:
            self.asked_until = self.until = now + self.pauses.asked(error)
            self.error = error
