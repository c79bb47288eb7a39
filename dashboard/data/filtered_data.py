"""What the filters let through of the sessions and events, and the numbers of it, once per snapshot and filter."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import pandas as pd

from dashboard.analysis import joined_events, overview_numbers
from dashboard.analysis.joined_events import RowSelection
from dashboard.data.loader import DAY, Pending, T, ask, connection, now_of
from dashboard.filters import SCOPE, Filters, Scope, Window, blanks, for_api
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, SessionsQuery
from gridrt_client.schema import EVENT, SESSION
from gridrt_client.snapshots.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class FilteredData:
    """What the filters let through, of one pair of snapshots.

    Attributes
    ----------
    now
        The end of the 24 hours that the events cover, UTC.
    sessions, events
        The sessions and events that match, newest first, joined (`scenes.Joined`).
    all_sessions, all_events
        The same of the scope alone, before the filters on events.
    key
        Differs from that of any other scene of the same API.
    """

    now: pd.Timestamp
    sessions: RowSelection
    events: RowSelection
    all_sessions: RowSelection
    all_events: RowSelection
    key: Hashable
    _snapshot: Snapshot

    @property
    def window(self) -> Window:
        return Window(self.now - DAY, self.now)

    def once(self, name: str, compute: Callable[[], T], *given: Hashable) -> T:
        """What is computed from this scene and what else is given, once for everybody who looks at it."""
        return self._snapshot.memo.get((name, self.key, self.now, *given), compute)


def session_counts(refresh: float | None) -> dict[str, pd.Series]:
    """How many sessions each installation, space and device of the tenant has, most first; empty when unknown."""
    try:
        (answer,) = ask([SessionsQuery()], refresh)
    except (GridError, Pending):
        return {name: overview_numbers.value_counts(SESSION.empty(), name) for name in SCOPE}

    def count() -> dict[str, pd.Series]:
        unique = joined_events.unique_sessions(answer.shared)
        return {name: overview_numbers.value_counts(unique, name) for name in SCOPE}

    return answer.memo.get("counts", count)


def event_counts(scope: Scope, refresh: float | None) -> pd.Series:
    """How many events of the scope each event type has, most first; empty when none are known."""
    try:
        (answer,) = ask([EventsQuery(**for_api(scope))], refresh)
    except (GridError, Pending):
        return overview_numbers.value_counts(EVENT.empty(), "eventType")
    return answer.memo.get("counts", lambda: overview_numbers.value_counts(answer.shared, "eventType"))


def counts(chosen: Filters) -> dict[str, pd.Series]:
    """How many records each value of a filter has that the data holds."""
    return session_counts(chosen.refresh) | {"eventType": event_counts(chosen.scope, chosen.refresh)}


def scene(chosen: Filters) -> FilteredData:
    """What the filters let through.

    Raises
    ------
    Waiting, GridError
        As `ask`.
    """
    asked, blank = for_api(chosen.scope), tuple(blanks(chosen.scope).items())
    sessions_query, events_query = SessionsQuery(**asked), EventsQuery(**asked)
    sessions, events = ask([sessions_query, events_query], chosen.refresh)
    now, order = now_of(events), events.memo.get("order", lambda: joined_events.event_order(events.shared))
    # What is from the future now may not be so a minute later, with the same answer.
    ahead = joined_events.RowSelection(events.shared, order).split("eventTime", now)[1]
    pair = (connection().key(sessions_query), sessions.version, blank, len(ahead))
    filters = (chosen.eventType, chosen.interactionType)
    scope = events.memo.get(
        ("joined", pair),
        lambda: joined_events.within(
            joined_events.joined(sessions.shared, events.shared, now=now, order=order), dict(blank)
        ),
    )
    some_sessions, some_events = events.memo.get(
        ("narrowed", pair, *filters), lambda: joined_events.narrowed(scope, *filters)
    )
    key = (pair, events.version, *filters)
    return FilteredData(now, some_sessions, some_events, scope.sessions, scope.events, key, events)


def overview(shown: FilteredData) -> overview_numbers.Overview:
    """The overview's numbers for what the filters let through."""

    def count() -> overview_numbers.Overview:
        sessions, events = (
            shown.sessions.some(*overview_numbers.SESSION_COLUMNS),
            shown.events.some(*overview_numbers.EVENT_COLUMNS),
        )
        return overview_numbers.overview(sessions, events, shown.now)

    return shown.once("overview", count)


def sales(chosen: Filters) -> overview_numbers.Overview:
    """The same for all events of the scope, whatever the filters on events: purchases and visits are both among them.

    Raises
    ------
    Waiting, GridError
        As `ask`.
    """
    return overview(scene(replace(chosen, eventType=None, interactionType="all")))


def outside(shown: FilteredData, column: str = "eventTime", span: Window | None = None) -> overview_numbers.Outside:
    """How many of the events, or by ``sessionCreated`` of the sessions, the 24 hours leave out, and why.

    With ``span`` only those that it leaves out as well.
    """
    rows = shown.events if column == "eventTime" else shown.sessions
    return shown.once(
        "outside", lambda: overview_numbers.outside(rows.some(column), shown.window, column, span), column, span
    )
