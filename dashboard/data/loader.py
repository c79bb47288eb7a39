"""The only caller of the client: the connection, its snapshots, and what the views share of them.

What is derived from a snapshot is computed once per snapshot and filter, is shared by all viewers, and goes when the
snapshot goes; nobody changes it.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from dashboard.data import tenant
from dashboard.filters import Scope, for_api
from gridrt_client.connection import GridConnection
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.snapshots.snapshot import Progress, Snapshot

Query = SessionsQuery | EventsQuery | LatestEventsQuery
T = TypeVar("T")

DAY = pd.Timedelta(hours=24)
PATIENCE_SECONDS = 0.4
"""So long a view waits for very first answers before it shows progress instead: quick ones need none."""

STEP = timedelta(minutes=1)
"""Where an answer brings nothing new the 24 hours still move on: so often the views follow."""

_USED, _ASKED, _GRID, _PATIENCE = "_used", "_asked", "_grid", "_patience"


class Pending(Exception):  # noqa: N818
    """There has never been an answer to what a view needs, and one is under way. Not an error."""


def connection() -> GridConnection:
    """The connection that this view began with."""
    found: GridConnection | None = st.session_state.get(_GRID)
    return found or tenant.connect()


def expect(scope: Scope) -> None:
    """Begin to fetch what a view of this scope needs, where there is nothing yet. In any thread.

    Anybody can ask for a page, with any scope: only the whole tenant, and what somebody looks at already, is fetched
    for them before their browser has come back.
    """
    with contextlib.suppress(GridError):
        # All connections to one address share the answers. One of `st.connection` can only be made by a view.
        grid = GridConnection("grid", **tenant.address())
        for query in dict.fromkeys(needed(scope)):
            if query in (SessionsQuery(), EventsQuery()) or grid.is_in_demand(query):
                # Whoever has only opened a page doesn't look yet: nothing is renewed for them.
                grid.ask(query, ttl=math.inf)


def needed(scope: Scope) -> list[Query]:
    """What every view asks for: the sidebar's options are those of the whole tenant."""
    asked = for_api(scope)
    return [SessionsQuery(), SessionsQuery(**asked), EventsQuery(**asked)]


def begin(patience: float | None = None) -> None:
    """Forget what the view before asked for and got; raises what `tenant.connect` does.

    `patience` is for how many seconds very first answers may be waited for from now on; as long as is left when None.
    """
    st.session_state[_USED], st.session_state[_ASKED] = {}, {}
    if patience is not None:
        st.session_state[_PATIENCE] = patience
    st.session_state.pop(_GRID, None)
    # Looked up once for each run: Streamlit hashes all arguments every time.
    st.session_state[_GRID] = tenant.connect()


def used() -> dict[Query, Snapshot]:
    """The snapshots that are drawn, by query."""
    found: dict[Query, Snapshot] = st.session_state.get(_USED, {})
    return found


def ask(queries: Iterable[Query], refresh: float | None) -> list[Snapshot]:
    """The newest answers; those that have never been there are waited for, as long as `begin` said.

    Raises
    ------
    Waiting
        When one has never been answered yet.
    GridError
        When one has never been answered and can't be had.
    """
    grid, wanted = connection(), list(queries)
    asked: dict[Query, GridError | None] = st.session_state.setdefault(_ASKED, {})
    asked.update(dict.fromkeys(wanted))
    found: dict[Query, Snapshot | None] = {}
    for query in wanted:
        with contextlib.suppress(GridError):
            found[query] = grid.ask(query, ttl=ttl(refresh))
    late = [query for query in wanted if found.get(query) is None]
    patience = st.session_state.get(_PATIENCE, 0.0)
    if late and patience > 0:
        began = time.monotonic()
        grid.wait(late, patience)
        st.session_state[_PATIENCE] = patience - (time.monotonic() - began)
    failed: GridError | None = None
    for query in late:
        try:
            found[query] = grid.ask(query, ttl=ttl(refresh))
        except GridError as error:
            asked[query] = error.copy()
            failed = failed or error
    if failed is not None:
        raise failed
    answers = {query: answer for query, answer in found.items() if answer is not None}
    if len(answers) < len(found):
        raise Pending
    st.session_state.setdefault(_USED, {}).update(answers)
    return [answers[query] for query in wanted]


def hurry() -> None:
    """Callback of a person who wants another try now: ask again for what the page asked for."""
    for query in st.session_state.get(_ASKED, ()):
        connection().retry_now(query)


def ttl(refresh: float | None) -> float:
    """How old an answer may be, in seconds: any age while paused."""
    return math.inf if refresh is None else refresh


def pending() -> bool:
    """Whether something that the view asked for has never been answered, and may be on its way."""
    return any(error is None and query not in used() for query, error in st.session_state.get(_ASKED, {}).items())


def failures() -> list[GridError]:
    """Why what the view asked for and never got can't be had."""
    return [error for error in st.session_state.get(_ASKED, {}).values() if error is not None]


def progress() -> list[Progress]:
    """The fetches that the view waits for."""
    grid, found = connection(), used()
    told = (grid.progress(query) for query in st.session_state.get(_ASKED, {}) if query not in found)
    return [one for one in told if one is not None]


def changed(refresh: float | None) -> bool:
    """Whether there is something newer to tell than what is drawn; asks for it where it is due."""
    grid, drawn = connection(), used()
    for query, known in st.session_state.get(_ASKED, {}).items():
        try:
            newest = grid.ask(query, ttl=ttl(refresh))
        except GridError as error:
            if query in drawn or str(error) != str(known):
                return True
            continue
        if query not in drawn or (newest is not None and _told_by(newest) != _told_by(drawn[query])):
            return True
    return False


def newest() -> list[Snapshot]:
    """The drawn answers as they are known now."""
    grid = connection()
    return [grid.peek(query) or answer for query, answer in used().items()]


def now_of(answer: Snapshot) -> pd.Timestamp:
    """When an answer's records were the newest, by the API's clock: it moves in steps while the API has nothing new."""
    return pd.Timestamp(answer.api_changed_at + STEP * _steps(answer))


def _steps(answer: Snapshot) -> int:
    return max(0, (answer.api_time - answer.api_changed_at) // STEP)


def _told_by(answer: Snapshot) -> tuple[Any, ...]:
    """What a view tells of an answer, besides its age."""
    return answer.version, _steps(answer), str(answer.error)


def seconds_until(moment: datetime) -> float:
    """From now, below 0 when it is over."""
    return (moment - datetime.now(UTC)).total_seconds()
