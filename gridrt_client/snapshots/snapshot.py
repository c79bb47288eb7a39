"""What the snapshot store returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd

from gridrt_client.answer import Answer
from gridrt_client.errors import GridError
from gridrt_client.report import DecodeReport
from gridrt_client.snapshots._memo import Memo


@dataclass(frozen=True)
class Snapshot:
    """The newest good answer to a query and its state at the time of the call.

    Attributes
    ----------
    answer
        The newest answer with these records.
    version
        Larger for each answer with other records; never given to two answers of one store.
    changed_at, api_changed_at
        When the API first gave this version (UTC): by this computer's clock and by the API's.
    memo
        Values computed from this version: ``snapshot.memo.get(key, compute)``.
    size
        Estimated bytes of the frame.
    error, failed_at
        Why the newest refresh failed, or why it is overdue because its API or endpoint is paused, and when that failure
        was (UTC); None when nothing is wrong.
    next_try
        When the API may be called again after `error` (UTC).
    refreshing, refreshing_since
        Whether a refresh is queued or running, and since when (UTC).
    due_at
        When the next refresh is due (UTC), in the past while one runs; None without demand.
    """

    answer: Answer
    version: int
    changed_at: datetime
    api_changed_at: datetime
    memo: Memo = field(compare=False, repr=False)
    size: int = field(compare=False, repr=False)
    error: GridError | None = None
    failed_at: datetime | None = None
    next_try: datetime | None = None
    refreshing: bool = False
    refreshing_since: datetime | None = None
    due_at: datetime | None = None

    @property
    def shared(self) -> pd.DataFrame:
        """The records; shared by all callers, never change it."""
        return self.answer.frame

    @property
    def frame(self) -> pd.DataFrame:
        """A copy-on-write copy of the records for the caller, with the attributes of `Answer.to_frame`."""
        return self.answer.to_frame()

    @property
    def report(self) -> DecodeReport:
        return self.answer.report

    @property
    def fetched_at(self) -> datetime:
        """When the API last gave this answer (UTC), by this computer's clock."""
        return self.answer.answered_at

    @property
    def api_time(self) -> datetime:
        """The same moment by the API's clock, which the records go by."""
        return self.answer.api_time

    @property
    def clock_offset(self) -> timedelta:
        """How far the API's clock is ahead of this computer's; zero while both agree to a few seconds."""
        return self.api_time - self.fetched_at

    def age(self, now: datetime | None = None) -> float:
        """Return the seconds since the API answered; not below 0."""
        return max(0.0, ((now or datetime.now(UTC)) - self.fetched_at).total_seconds())


@dataclass(frozen=True)
class Progress:
    """The state of a fetch.

    Attributes
    ----------
    received, announced
        Bytes received, and bytes announced by the API, None when unknown.
    began_at
        When it was queued (UTC).
    started_at
        When its request was made (UTC), or `began_at` while it is queued.
    seconds
        Seconds since `began_at`.
    rate
        Bytes per second since the request was made.
    waiting
        Whether it is still queued.
    """

    received: int
    announced: int | None
    began_at: datetime
    started_at: datetime
    seconds: float
    rate: float
    waiting: bool
