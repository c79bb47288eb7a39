"""The state of the snapshot store, for pages and metrics."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from gridrt_client.errors import GridError


@dataclass(frozen=True)
class EntryStatus:
    """What the store knows about one key. Dates are UTC."""

    key: Hashable
    records: int | None
    """Of the newest answer; None without one."""
    size: int
    """Estimated bytes of the answer and of what is computed from it."""
    answered_at: datetime | None
    took: float
    """Seconds of the last good fetch; 0 before."""
    running: bool
    """Whether a fetch is queued or running."""
    interval: float | None
    """Seconds between two refreshes in the background; None without demand."""
    error: GridError | None
    """Why the newest fetch failed, or why none is allowed."""
    next_try: datetime | None
    """When it is fetched next, as far as that is known; in the past while a fetch runs."""
