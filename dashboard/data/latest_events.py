"""The newest event of each thing and its status, compared with the events of the past 24 hours."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import pandas as pd

from dashboard import filters
from dashboard.analysis import device_status, joined_events
from dashboard.analysis import devices as analysis
from dashboard.analysis.devices import Devices
from dashboard.analysis.event_filter import EVERYTHING, matching
from dashboard.analysis.joined_events import JoinedEvents, RowSelection
from dashboard.analysis.status_reference import StatusReference
from dashboard.data import filtered_data, tenant, viewer_state
from dashboard.data.loader import DAY, T, now_of
from dashboard.filters import Condition, Filters, Window
from gridrt_client.errors import GridError
from gridrt_client.queries import LatestEventsQuery
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION
from gridrt_client.snapshots.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class DeviceStatuses:
    """The things of the scope and what their statuses were compared with.

    Attributes
    ----------
    devices
        The things, whatever the filters on events.
    history
        The events of the scope in the past 24 hours, newest first.
    past
        The same, joined.
    now
        The moment of the answer, UTC.
    history_error
        Why there is no history; None when there is.
    answered
        The conditions that were applied to the API's answer.
    key
        Differs from that of any other statuses of the same API.
    """

    devices: Devices
    history: RowSelection
    past: JoinedEvents
    now: pd.Timestamp
    history_error: GridError | None
    answered: tuple[Condition, ...]
    key: Hashable
    _snapshot: Snapshot

    @property
    def window(self) -> Window:
        return Window(self.now - DAY, self.now)

    def memoize(self, name: str, compute: Callable[[], T], *given: Hashable) -> T:
        """Return what is computed from these statuses and ``given``; it is computed once for all viewers."""
        return self._snapshot.memo.get((name, self.key, *given), compute)


@dataclass(frozen=True)
class Alarms:
    """What is wrong with the things of a scope.

    Attributes
    ----------
    counts
        How many things each of `devices.TILES` lists: ``offline``, ``silent``, ``flapping``, ``unknown``, ``online``.
    down_by_space
        How many things of each space are offline or silent; spaces without any are left out. None: of no known space.
    things
        How many things there are.
    """

    counts: dict[str, int]
    down_by_space: dict[str | None, int]
    things: int


def statuses(chosen: Filters) -> DeviceStatuses:
    """Return the things of the scope. Filters on events don't apply to them; the time range applies to their numbers.

    Raises
    ------
    Pending, GridError
        As `Loader.load`; also when no column is chosen.
    """
    # Those on other fields of sessions aren't applied either: a latest event doesn't say which app it is from.
    chosen = replace(chosen.without_event_filters(), conditions=chosen.scope)
    answer, remaining = _answer(chosen)
    now = now_of(answer)
    try:
        past = filtered_data.load(chosen)
        joined, history, past_key, events, missing = past.joined, past.events, past.key, past.chosen, None
    except GridError as error:
        joined = joined_events.joined(SESSION.empty(), EVENT.empty())
        history, past_key, events, missing = joined.events, None, EVERYTHING, error
    span = chosen.span(Window(now - DAY, now)) if chosen.ranged else None
    columns = chosen.distinctColumns
    key = (past_key, now, remaining, span)
    found = answer.memo.get(
        ("devices", *key),
        lambda: analysis.devices(_matching(answer, remaining), joined, columns, reference(), now, span, events),
    )
    return DeviceStatuses(found, history, joined, now, missing, remaining, (answer.version, *key), answer)


def alarms(chosen: Filters) -> Alarms:
    """Return what is wrong with the things of the scope, by the default columns where none are chosen.

    Raises
    ------
    Pending, GridError
        As `Loader.load`.
    """
    found = statuses(filters.with_default_columns(chosen)).devices
    return Alarms(found.counts, found.down_by_space(), len(found.rows))


def all_rows(chosen: Filters, found: DeviceStatuses) -> pd.DataFrame:
    """Return the newest event for each distinct combination of the chosen columns that matches all filters.

    With the columns of `Devices.rows`; those about things are missing for what isn't ``MONITOR_*``.

    Raises
    ------
    Pending, GridError
        As `Loader.load`.
    """
    answer, remaining = _answer(chosen)
    now, columns = now_of(answer), chosen.distinctColumns

    same = answer is found._snapshot and remaining == found.answered
    past = found.devices.history if same else None

    def compare() -> pd.DataFrame:
        latest = _matching(answer, remaining)
        rows = device_status.latest_rows(latest, found.past.database, columns, reference(), now, past)
        return found.devices.complete(rows)

    return answer.memo.get(("rows", found.key, now, remaining), compare)


def _answer(chosen: Filters) -> tuple[Snapshot, tuple[Condition, ...]]:
    """The answer to the filters, and those of them that the API couldn't be asked for."""
    asked = dict(chosen.api_scope)
    if (eventType := chosen.condition("eventType").single) is not None and eventType.strip():
        asked["eventType"] = eventType
    query = LatestEventsQuery(distinctColumns=chosen.distinctColumns, interactionType=chosen.interactionType, **asked)
    remaining = tuple(one for one in chosen.conditions if one.field in LATEST_EVENT.names and one.field not in asked)
    (answer,) = viewer_state.current().loader.load([query], chosen.refresh)
    return answer, remaining


def _matching(answer: Snapshot, remaining: tuple[Condition, ...]) -> pd.DataFrame:
    latest = answer.frame
    for condition in remaining:
        latest = latest[matching(latest[condition.field], condition)]
    return latest


def reference() -> StatusReference:
    """Return the meaning of status values; raises StatusReferenceError when the configured file can't be used."""
    return tenant.reference(viewer_state.current().tenant)
