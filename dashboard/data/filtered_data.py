"""The sessions and events that the filters select, and numbers about them, computed once per snapshot and filter."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from dashboard.analysis import event_search, joined_events, overview_numbers
from dashboard.analysis import histogram as event_histogram
from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.joined_events import JoinedEvents, RowSelection
from dashboard.analysis.measures import Measure
from dashboard.data import viewer_state
from dashboard.data.loader import DAY, Pending, T, now_of
from dashboard.filters import SCOPE, Filters, Window
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, SessionsQuery
from gridrt_client.schema import EVENT, SESSION
from gridrt_client.snapshots.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class FilteredData:
    """The sessions and events of one pair of snapshots that the filters select.

    Attributes
    ----------
    now
        The end of the 24 hours that the events cover, UTC.
    joined
        All sessions and events of the scope as the API answered.
    chosen
        The filters on them.
    key
        Differs from that of any other filtered data of the same API.
    """

    now: pd.Timestamp
    joined: JoinedEvents
    chosen: EventFilter
    key: Hashable
    _snapshot: Snapshot

    @property
    def window(self) -> Window:
        return Window(self.now - DAY, self.now)

    @property
    def events(self) -> RowSelection:
        """The events that match, newest first."""
        return self._events(self.chosen)

    @property
    def sessions(self) -> RowSelection:
        """The sessions that match, newest first."""
        return self._sessions(self.chosen)

    def events_between(self, span: Window) -> RowSelection:
        """Return the events that match and whose ``eventTime`` is in the span, newest first."""
        return self._events(replace(self.chosen, span=span))

    def sessions_between(self, span: Window) -> RowSelection:
        """Return the sessions that match and whose ``sessionCreated`` is in the span, newest first."""
        return self._sessions(replace(self.chosen, created=span))

    def sorted_events(self, span: Window | None, text: str, sort: str, *, descending: bool) -> RowSelection:
        """Return the events that match and hold a text, in the order of `event_search.ranks`; ``span`` as above."""
        chosen = self.chosen.within(span)

        def find() -> RowSelection:
            newest = event_search.ranks(self.joined.database, chosen, text=text, sort=sort, descending=descending)
            return RowSelection(self.joined.events.frame, self.joined.events.positions[newest])

        return self.memoize("sorted_events", find, chosen, text, sort, descending)

    def newest_events(self, types: tuple[str, ...], most: int) -> RowSelection:
        """Return the ``most`` newest events up to now that match and are of one of the types; of any without types."""
        chosen = self.chosen.of_types(types) if types else self.chosen
        return self.memoize("newest", lambda: self.joined.newest_events(chosen, self.now, most), chosen, most)

    @property
    def all_events(self) -> RowSelection:
        """The events of the scope, before the filters on events."""
        return self._events(self.chosen.without_event_filters())

    @property
    def all_sessions(self) -> RowSelection:
        """The sessions of the scope, before the filters on events."""
        return self._sessions(self.chosen.without_event_filters())

    def memoize(self, name: str, compute: Callable[[], T], *given: Hashable) -> T:
        """Return what is computed from these data and ``given``; it is computed once for all viewers."""
        return self._snapshot.memo.get((name, self.key, self.now, *given), compute)

    def _events(self, chosen: EventFilter) -> RowSelection:
        if chosen == EVERYTHING:
            return self.joined.events
        return self.memoize("events", lambda: self.joined.matching_events(chosen), chosen)

    def _sessions(self, chosen: EventFilter) -> RowSelection:
        if chosen == EVERYTHING:
            return self.joined.sessions
        return self.memoize("sessions", lambda: self.joined.matching_sessions(chosen), chosen)


def session_counts(refresh: float | None) -> dict[str, pd.Series]:
    """Return how many sessions each installation, space and device of the tenant has, most first.

    Empty when the sessions are not known.
    """
    try:
        (answer,) = viewer_state.current().loader.load([SessionsQuery()], refresh)
    except (GridError, Pending):
        return _session_counts(SESSION.empty())
    return answer.memo.get("counts", lambda: _session_counts(answer.frame))


def event_counts(scope: Mapping[str, str], refresh: float | None) -> pd.Series:
    """Return how many events of the scope each event type has, most first; empty when none are known."""
    try:
        (answer,) = viewer_state.current().loader.load([EventsQuery(**scope)], refresh)
    except (GridError, Pending):
        return _event_counts(EVENT.empty())
    return answer.memo.get("counts", lambda: _event_counts(answer.frame))


def counts(chosen: Filters) -> dict[str, pd.Series]:
    """Return how many records each value of a filter has that the data holds."""
    return session_counts(chosen.refresh) | {"eventType": event_counts(chosen.api_scope, chosen.refresh)}


def load(chosen: Filters) -> FilteredData:
    """Return what the filters select.

    Raises
    ------
    Pending, GridError
        As `Loader.load`.
    """
    asked = chosen.api_scope
    sessions_query, events_query = SessionsQuery(**asked), EventsQuery(**asked)
    loader = viewer_state.current().loader
    sessions, events = loader.load([sessions_query, events_query], chosen.refresh)
    now, order = now_of(events), events.memo.get("order", lambda: joined_events.event_order(events.frame))
    # What is from the future now may not be so a minute later, with the same answer.
    ahead = RowSelection(events.frame, order).split("eventTime", now)[1]
    pair = (loader.connection.key(sessions_query, clear=loader.clear), sessions.version, len(ahead))
    data = events.memo.get(
        ("joined", pair), lambda: joined_events.joined(sessions.frame, events.frame, now=now, order=order)
    )
    # What the API has filtered by already holds for all of the answers.
    conditions = tuple(one for one in chosen.conditions if one.field not in asked)
    filters = EventFilter(conditions, chosen.interactionType)
    return FilteredData(now, data, filters, (pair, events.version, filters), events)


def overview(data: FilteredData) -> overview_numbers.Overview:
    """Return the overview's numbers for what the filters select."""
    return data.memoize("overview", lambda: overview_numbers.overview(data.joined.database, data.now, data.chosen))


def sales(chosen: Filters) -> overview_numbers.Overview:
    """Return the same for all events of the scope: purchases and visits are both among them.

    Raises
    ------
    Pending, GridError
        As `Loader.load`.
    """
    return overview(load(chosen.without_event_filters()))


def outside(data: FilteredData, column: str = "eventTime", span: Window | None = None) -> overview_numbers.Outside:
    """Return how many of the events, or by ``sessionCreated`` of the sessions, the 24 hours leave out, and why.

    With ``span`` only those that it leaves out as well.
    """

    def count() -> overview_numbers.Outside:
        if column == "eventTime":
            return overview_numbers.outside(data.joined.database, data.window, column, span, data.chosen)
        # Which sessions match is known already; to find them again would take 12 ms of CPU for 1,000,000 events.
        sessions = Database(sessions=data.sessions.take_columns(column))
        return overview_numbers.outside(sessions, data.window, column, span)

    return data.memoize("outside", count, column, span)


def histogram(
    data: FilteredData, span: Window, tz: str, by: str, size: pd.Timedelta, measure: Measure = event_histogram.EVENTS
) -> event_histogram.HistogramCounts:
    """Return the measure of the events of the span per time bin and value of the column ``by``."""
    return data.memoize(
        "histogram_counts",
        lambda: event_histogram.histogram_counts(
            data.joined.database, *span, tz, by, chosen=data.chosen, size=size, measure=measure
        ),
        span,
        tz,
        by,
        size,
        measure,
    )


def _session_counts(sessions: pd.DataFrame) -> dict[str, pd.Series]:
    unique = joined_events.unique_sessions(sessions)
    database = Database(sessions=unique[list(SCOPE)])
    return {name: overview_numbers.value_counts(database, "sessions", name) for name in SCOPE}


def _event_counts(events: pd.DataFrame) -> pd.Series:
    return overview_numbers.value_counts(Database(events=events[["eventType"]]), "events", "eventType")
