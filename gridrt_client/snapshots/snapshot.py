"""What the snapshot store returns."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gridrt_client.answer import Answer
from gridrt_client.errors import GridError
from gridrt_client.snapshots._memo import Memo


@dataclass(frozen=True)
class Snapshot(Answer):
    """The newest good answer to a query and its state at the time of the call. All dates are UTC."""

    version: int
    """Larger for each answer with other records; never given to two answers of one store."""
    changed_at: datetime
    """When the API first gave this version, by this computer's clock; `api_changed_at` by the API's."""
    api_changed_at: datetime
    memo: Memo = field(compare=False, repr=False)
    """Values computed from this version: ``snapshot.memo.get(key, compute)``."""
    size: int = field(compare=False, repr=False)
    """Estimated bytes of the frame."""
    error: GridError | None = None
    """Why the newest refresh failed, or why it is overdue because its API or endpoint is paused."""
    failed_at: datetime | None = None
    next_try: datetime | None = None
    """When the API may be called again after `error`."""
    refreshing: bool = False
    """Whether a refresh is queued or running, since `refreshing_since`."""
    refreshing_since: datetime | None = None
    due_at: datetime | None = None
    """When the next refresh is due, in the past while one runs; None without demand."""

    @property
    def clock_offset(self) -> timedelta:
        """How far the API's clock is ahead of this computer's; zero while both agree to a few seconds."""
        return self.api_time - self.answered_at

    def age(self, now: datetime | None = None) -> float:
        """Return the seconds since the API answered; not below 0."""
        return max(0.0, ((now or datetime.now(UTC)) - self.answered_at).total_seconds())


@dataclass(frozen=True)
class Progress:
    """The state of a fetch. All dates are UTC."""

    received: int  # bytes
    announced: int | None  # bytes announced by the API, None when unknown
    began_at: datetime  # when it was queued
    started_at: datetime  # when its request was made, or `began_at` while it is queued
    seconds: float  # since `began_at`
    rate: float  # bytes per second since the request was made
    waiting: bool  # whether it is still queued
