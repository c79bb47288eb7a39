"""The only caller of the client: the connection, its snapshots, and what the views share of them.

What is derived from a snapshot is computed once per snapshot and filter and shared by all viewers; nobody changes it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import demo, metrics, monitoring, tables
from dashboard.filters import SCOPE, Filters, Scope
from dashboard.status import StatusReference
from gridrt_client.connection import GridConnection
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.schema import EVENT, SESSION
from gridrt_client.settings import Settings
from gridrt_client.snapshot import Snapshot

Query = SessionsQuery | EventsQuery | LatestEventsQuery

DAY = pd.Timedelta(hours=24)
_TYPE = "gridrt_client.connection.GridConnection"
_USED, _ASKED = "_used", "_asked"


@dataclass(frozen=True)
class Scene:
    """What the filters let through, of one pair of snapshots.

    Attributes
    ----------
    now
        When the events were answered, UTC: the end of the 24 hours that they cover.
    sessions
        One row per session that matches, newest first; with a filter on events, those that have such an event.
    events
        The events that match, each once, newest first, with the columns of their session joined.
    all_sessions, all_events
        The same of the scope alone, before the filters on events.
    key
        What tells this scene from every other one.
    """

    key: Any
    now: pd.Timestamp
    sessions: pd.DataFrame
    events: pd.DataFrame
    all_sessions: pd.DataFrame
    all_events: pd.DataFrame

    @property
    def window(self) -> metrics.Window:
        return metrics.Window(self.now - DAY, self.now)


@dataclass(frozen=True)
class Monitored:
    """The latest events as rows of a status table, the events they were compared with, and why those are missing."""

    rows: pd.DataFrame
    history: pd.DataFrame
    now: pd.Timestamp
    history_error: GridError | None


def demo_mode() -> bool:
    """Whether nothing is configured, so that the emulator answers."""
    return not Settings.is_configured(os.environ, _secrets())


def connection() -> GridConnection:
    """The connection of this process, to the configured tenant or to the demo's emulator.

    Raises
    ------
    GridError
        When the configuration can't be used or the emulator doesn't start.
    """
    if demo_mode():
        emulator = demo.emulator()
        chosen = {
            "base_url": emulator.base_url,
            "tenant_id": demo.TENANT_ID,
            "access_token": emulator.access_token,
        }
    else:
        settings = Settings.load(os.environ, _secrets())
        chosen = {"base_url": settings.base_url, "tenant_id": settings.tenant_id, "access_token": settings.access_token}
    # Named in full: Streamlit keeps one connection for each set of arguments, and hashes them.
    return st.connection("grid", _TYPE, **chosen)  # type: ignore[no-any-return,call-overload]


def begin() -> None:
    """Forget what the run before asked for and got."""
    st.session_state[_USED], st.session_state[_ASKED] = {}, set()


def used() -> dict[Query, Snapshot]:
    """The snapshots that this run has used, by query."""
    found: dict[Query, Snapshot] = st.session_state.get(_USED, {})
    return found


def snapshot(query: Query, refresh: float | None) -> Snapshot:
    """The newest answer to a query; waits only when there has never been one.

    Raises
    ------
    GridError
        When there has never been one and none can be had.
    """
    st.session_state.setdefault(_ASKED, set()).add(query)
    answer = connection().snapshot(query, ttl=ttl(refresh), wait=0)
    st.session_state.setdefault(_USED, {})[query] = answer
    return answer


def hurry() -> None:
    """Callback of a person who wants another try now: ask again for what the page asked for."""
    for query in st.session_state.get(_ASKED, ()):
        connection().hurry(query)


def ttl(refresh: float | None) -> float:
    """How old an answer may be, in seconds: any age while paused."""
    return float("inf") if refresh is None else refresh


def prefetch(queries: list[Query], refresh: float | None) -> None:
    """Ask for several answers at once where none is there yet; failures are met again when each is read."""
    grid = connection()
    missing = [query for query in dict.fromkeys(queries) if grid.peek(query) is None]
    if len(missing) < 2:
        return

    def fetch(query: Query) -> None:
        try:
            grid.snapshot(query, ttl=ttl(refresh), wait=0)
        except GridError:
            return

    with ThreadPoolExecutor(len(missing), thread_name_prefix="first-fetch") as pool:
        list(pool.map(fetch, missing))


def session_counts(refresh: float | None) -> dict[str, pd.Series]:
    """How many sessions each installation, space and device of the tenant has, most first; empty when unknown."""
    query = SessionsQuery()
    try:
        answer = snapshot(query, refresh)
    except GridError:
        return {name: metrics.value_counts(query.schema.empty(), name) for name in SCOPE}
    return _session_counts(_key(query, answer), answer.frame)


def event_counts(scope: Scope, refresh: float | None) -> pd.Series:
    """How many events of the scope each event type has, most first; empty when none are known."""
    query = EventsQuery(**scope)
    try:
        answer = snapshot(query, refresh)
    except GridError:
        return metrics.value_counts(query.schema.empty(), "eventType")
    return _event_counts(_key(query, answer), answer.frame)


def scene(chosen: Filters) -> Scene:
    """What the filters let through.

    Raises
    ------
    GridError
        When sessions or events have never been answered and can't be had.
    """
    sessions_query, events_query = SessionsQuery(**chosen.scope), EventsQuery(**chosen.scope)
    sessions, events = snapshot(sessions_query, chosen.refresh), snapshot(events_query, chosen.refresh)
    key = (_key(sessions_query, sessions), _key(events_query, events))
    return _scene(
        key, chosen.eventType, chosen.interactionType, pd.Timestamp(events.fetched_at), sessions.frame, events.frame
    )


def overview(shown: Scene) -> metrics.Overview:
    """The overview's numbers for what the filters let through."""
    return _overview(shown.key, shown)


def latest(chosen: Filters) -> Monitored:
    """The newest event for each distinct combination of the chosen columns, with status and the two clocks.

    Raises
    ------
    GridError
        When it has never been answered and can't be had, or no column is chosen.
    """
    query = LatestEventsQuery(
        distinctColumns=chosen.distinctColumns,
        eventType=chosen.eventType,
        interactionType=chosen.interactionType,
        **chosen.scope,
    )
    answer = snapshot(query, chosen.refresh)
    try:
        # What happened before tells since when a status holds, whatever the filters on events are.
        past = scene(replace(chosen, eventType=None, interactionType="all"))
        history, past_key, missing = past.events, past.key, None
    except GridError as error:
        history, past_key, missing = metrics.with_session(EVENT.empty(), SESSION.empty()), None, error
    now = pd.Timestamp(answer.fetched_at)
    rows = _latest((_key(query, answer), past_key), chosen.distinctColumns, answer.frame, history, reference(), now)
    return Monitored(rows, history, now, missing)


@st.cache_resource(show_spinner=False)
def reference() -> StatusReference:
    """What status values mean; raises StatusReferenceError where the file of a tenant's own can't be used."""
    return StatusReference.from_env()


@st.cache_resource(max_entries=16, show_spinner=False)
def _overview(key: Any, _shown: Scene) -> metrics.Overview:
    return metrics.overview(_shown.sessions, _shown.events, _shown.now)


@st.cache_resource(max_entries=16, show_spinner=False)
def _latest(
    key: Any,
    distinct_columns: tuple[str, ...],
    _latest_events: pd.DataFrame,
    _history: pd.DataFrame,
    _reference: StatusReference,
    _now: pd.Timestamp,
) -> pd.DataFrame:
    return monitoring.latest_rows(_latest_events, _history, distinct_columns, _reference, _now)


@st.cache_resource(max_entries=8, show_spinner=False)
def _unique(key: Any, _sessions: pd.DataFrame) -> pd.DataFrame:
    return tables.newest_first(metrics.unique_sessions(_sessions), "sessionCreated")


@st.cache_resource(max_entries=8, show_spinner=False)
def _session_counts(key: Any, _sessions: pd.DataFrame) -> dict[str, pd.Series]:
    unique = _unique(key, _sessions)
    return {name: metrics.value_counts(unique, name) for name in SCOPE}


@st.cache_resource(max_entries=8, show_spinner=False)
def _event_counts(key: Any, _events: pd.DataFrame) -> pd.Series:
    return metrics.value_counts(_events, "eventType")


@st.cache_resource(max_entries=8, show_spinner=False)
def _joined(key: Any, _sessions: pd.DataFrame, _events: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    unique = _unique(key[0], _sessions)
    return unique, metrics.with_session(tables.newest_first(_events), unique)


@st.cache_resource(max_entries=16, show_spinner=False)
def _scene(
    key: Any,
    event_type: str | None,
    interaction_type: str,
    _now: pd.Timestamp,
    _sessions: pd.DataFrame,
    _events: pd.DataFrame,
) -> Scene:
    unique, joined = _joined(key, _sessions, _events)
    events = metrics.narrow_events(joined, event_type, interaction_type)
    narrowed = event_type is not None or interaction_type != "all"
    sessions = metrics.narrow_sessions(unique, events) if narrowed else unique
    return Scene((key, event_type, interaction_type), _now, sessions, events, unique, joined)


def _key(query: Query, answer: Snapshot) -> Any:
    """What tells one answer from every other: the connection's own key for the query, and which answer it is."""
    return (*connection().key(query), answer.version)


@st.cache_resource(ttl=60, show_spinner=False)
def _secrets() -> dict[str, Any]:
    """What ``[connections.grid]`` says; looked up anew once a minute, because Streamlit parses its files every time."""
    if not st.secrets.load_if_toml_exists():
        return {}
    section = st.secrets.get("connections", {}).get("grid", {})
    return dict(section)
