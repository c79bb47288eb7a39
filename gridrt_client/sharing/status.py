"""The state of the connection to Redis, for pages and metrics."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SharingStatus:
    """Whether answers are shared, and how often. Dates are UTC."""

    alone_since: datetime | None
    """Since when Redis can't be used, so that this process calls the API for itself; None while it can."""
    reason: str
    """Why, as the rest of a sentence that begins with "Redis": ``can't be reached``; empty while it can be used."""
    shared_reads: int
    """Answers that another process had fetched."""
    own_fetches: int
    """Calls of this process, also those that failed."""
    shared_failures: int
    """Failures that another process had met, so that this one did not call the API."""

    @property
    def is_alone(self) -> bool:
        return self.alone_since is not None
