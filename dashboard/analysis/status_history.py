"""The statuses that things reported in the past 24 hours, as stretches of time.

A *thing* is what agrees in ``eventType`` and in the distinct columns, without ``int1``. A *stretch* begins with the
first report of a thing, with a report of another ``int1`` than the one before, and with the first report after a
silence. Its status is held until the thing has not been heard for longer than its *limit*; the time from then to the
next report, or to the present, is silence.

An event from the future takes part in no stretch, because the time when it happened isn't known. Among events of one
time those that come first in a list that is newest first (`record_order`) are the newer, and a latest event is the
newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.columns import Bools, Ints, stamp
from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.record_order import order_of, ranks
from dashboard.analysis.status_reference import Thresholds
from gridrt_client.schema import DISTINCT_COLUMNS

NEVER = -(2**63)
"""In place of a time that isn't known."""

_REPORT_COLUMNS = ("sessionId", "eventTime", "eventType", *DISTINCT_COLUMNS)

THINGS_OF_ROWS = "select row, hash({thing}) from latest where monitoring order by row"

REPORTS = """
    with sessions_of_latest as (
        select sessionId, min(deviceId) as deviceId from latest
        where sessionId is not null and deviceId is not null group by sessionId),
    own as (
        select session is not null as listed, newest, {columns} from events
        where monitoring and eventTime <= $now and {events}),
    known as (
        select own.* exclude deviceId, coalesce(own.deviceId, sessions_of_latest.deviceId) as deviceId
        from own left join sessions_of_latest using (sessionId)),
    reports as (
        select hash({thing}) as thing, -1 as row, eventTime, newest, int1, listed or deviceId is not null as placed
        from known
        union all
        select hash({thing}) as thing, row, eventTime, newest, int1, true as placed from latest
        where monitoring and eventTime is not null),
    steps as (
        select thing, row, eventTime, newest, int1, placed, lag(eventTime) over reported as previous,
            int1 is distinct from lag(int1) over reported as differs
        from reports window reported as (partition by thing order by eventTime, row >= 0, newest desc)),
    things as (
        select thing, max(eventTime) filter (eventTime <= $now) as last,
            greatest($floor, $factor * coalesce(median(epoch_us(eventTime) - epoch_us(previous)) filter (
                eventTime > previous and eventTime <= $now), 0))::bigint as silent_after,
            min(newest) filter (row < 0) as newest, bool_or(placed) as placed
        from steps group by thing)
    select thing, row, epoch_us(eventTime), coalesce(epoch_us(previous), $never), differs or previous is null,
        coalesce(int1, ''), coalesce(epoch_us(last), $never), silent_after, coalesce(things.newest, -1), things.placed
    from steps join things using (thing)
    where previous is null or differs or row >= 0 or epoch_us(eventTime) - epoch_us(previous) > silent_after
    order by thing, eventTime, row >= 0, steps.newest desc
"""
"""Of each thing the reports that may begin a stretch, and all that are latest events.

Most latest events are among the events too: a report that occurs twice doesn't change anything. Where only a latest
event names the device of a session, the session's events get it too.
"""

_STEP_COLUMNS = (
    "hash", "row", "time", "previous", "differs", "int1", "last", "silent_after", "newest", "placed"
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class StatusHistory:
    """Stretches and things; times are microseconds since the epoch (int64).

    Attributes
    ----------
    things
        One row per thing with a dated report: ``last`` (its newest report up to now; the smallest int64 when all are
        from the future), ``silent_after`` (its limit), ``newest`` (the rank of its newest report among the events, -1
        when none of them is from it), ``placed`` (whether its device or the session of a report is known), ``since``
        (when its run of equal ``int1`` began) and ``since_is_first`` (whether that is its first report).
    stretches
        Ordered by thing and time: ``thing`` (its position), ``begin``, ``held_until``, ``end``, ``int1`` (exact text,
        empty when missing), ``changes`` (whether ``int1`` differs from that of the report before; False for the first).
    thing_of_row
        The position of the thing of each row of the latest events, -1 for what isn't monitoring and for a thing without
        a dated report.
    since, since_is_first
        The same as those of the things for each row of the latest events; the smallest int64 where it isn't known.
    """

    things: pd.DataFrame
    stretches: pd.DataFrame
    thing_of_row: Ints
    since: Ints
    since_is_first: Bools

    def stretches_of(self, thing: int) -> pd.DataFrame:
        """Return the stretches of one thing; none for -1."""
        start, stop = np.searchsorted(self.stretches["thing"].to_numpy(), [thing, thing + 1])
        return self.stretches.iloc[start:stop] if thing >= 0 else self.stretches.iloc[:0]

    @property
    def absent(self) -> Ints:
        """The positions of the things that aren't among the latest events, and whose device is known."""
        there = np.zeros(len(self.things), dtype=bool)
        there[self.thing_of_row[self.thing_of_row >= 0]] = True
        return np.flatnonzero(~there & self.things["placed"].to_numpy() & (self.things["newest"].to_numpy() >= 0))


def status_history(
    latest: pd.DataFrame,
    monitoring: Bools,
    history: Database,
    distinctColumns: Sequence[str],
    thresholds: Thresholds,
    now: pd.Timestamp,
    chosen: EventFilter = EVERYTHING,
) -> StatusHistory:
    """Return what is known of the statuses of things up to ``now`` (UTC).

    Parameters
    ----------
    latest, monitoring
        The answer of latest-event, index from 0, and which of its rows are ``MONITOR_*``.
    history
        The events of the past 24 hours, joined with their sessions (`joined_events.JoinedEvents.database`).
    distinctColumns
        As in the request.
    chosen
        Which of the events count.
    """
    thing = ["eventType", *(name for name in DISTINCT_COLUMNS if name in distinctColumns and name != "int1")]
    columns = dict.fromkeys((*thing, "eventTime", "int1", "sessionId", "deviceId"))

    def named(statement: str) -> str:
        return statement.replace("{thing}", ", ".join(thing)).replace("{columns}", ", ".join(columns))

    place = np.arange(len(latest), dtype=np.int32)
    newest = ranks(order_of(latest, "eventTime"))
    reports = latest[list(_REPORT_COLUMNS)].assign(monitoring=monitoring, row=place, newest=newest)
    database = history.extended(latest=reports)
    rows, thing_hashes = database.arrays(named(THINGS_OF_ROWS))
    found = database.arrays(
        chosen.apply(named(REPORTS)),
        **chosen.parameters,
        now=now,
        floor=round(thresholds.silent_floor_seconds * 1e6),
        factor=thresholds.silent_factor,
        never=NEVER,
    )
    steps = pd.DataFrame(dict(zip(_STEP_COLUMNS, found, strict=True)), copy=False)
    hashes, first, steps["thing"] = np.unique(steps["hash"].to_numpy(), return_index=True, return_inverse=True)
    since, since_is_first = _since(steps, first, stamp(now))
    steps = steps.assign(since=since, since_is_first=since_is_first)

    thing_of_row = np.full(len(latest), -1, dtype=np.int64)
    if len(hashes):
        position = np.minimum(np.searchsorted(hashes, thing_hashes), len(hashes) - 1)
        thing_of_row[rows] = np.where(hashes[position] == thing_hashes, position, -1)
    latest_steps = steps[steps["row"] >= 0]
    row_since, row_is_first = np.full(len(latest), NEVER), np.zeros(len(latest), dtype=bool)
    row_since[latest_steps["row"]] = latest_steps["since"]
    row_is_first[latest_steps["row"]] = latest_steps["since_is_first"]
    things = steps[["last", "silent_after", "newest", "placed", "since", "since_is_first"]]
    ends = np.append(first[1:], len(steps)) - 1 if len(first) else first
    return StatusHistory(
        things.iloc[ends].reset_index(drop=True), _stretches(steps, stamp(now)), thing_of_row, row_since, row_is_first
    )


def _since(steps: pd.DataFrame, first: Ints, now: int) -> tuple[Ints, Bools]:
    """When the run of equal ``int1`` that each step is in began, and whether that is the first report of its thing."""
    place = np.arange(len(steps))
    begin = np.maximum.accumulate(np.where(steps["differs"], place, 0)) if len(steps) else place
    since = steps["time"].to_numpy()[begin]
    is_known = since <= now
    return np.where(is_known, since, NEVER), is_known & np.isin(begin, first)


def _stretches(steps: pd.DataFrame, now: int) -> pd.DataFrame:
    """The stretches of `StatusHistory`."""
    breaks = steps["differs"] | (steps["time"] - steps["previous"] > steps["silent_after"])
    own = steps[breaks & (steps["time"] <= now)]
    thing, begin = own["thing"].to_numpy(), own["time"].to_numpy()
    goes_on = np.append(thing[1:] == thing[:-1], False) if len(own) else np.zeros(0, dtype=bool)
    end = np.where(goes_on, np.append(begin[1:], now)[: len(own)], now)
    heard = np.where(goes_on, np.append(own["previous"].to_numpy()[1:], now)[: len(own)], own["last"])
    is_first = np.append(True, ~goes_on[:-1])[: len(own)]
    return pd.DataFrame(
        {
            "thing": thing,
            "begin": begin,
            "held_until": np.minimum(heard + own["silent_after"].to_numpy(), end),
            "end": end,
            "int1": own["int1"].to_numpy(),
            "changes": own["differs"].to_numpy() & ~is_first,
        }
    )
