"""The newest event of each thing with its status, compared with the events of the past 24 hours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from dashboard.analysis import device_status, joined_events
from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.status_reference import Status, StatusReference
from dashboard.data import filtered_data, viewer_state
from dashboard.data.loader import now_of
from dashboard.filters import Filters, blanks, for_api
from gridrt_client.errors import GridError
from gridrt_client.filtering import holds
from gridrt_client.queries import LatestEventsQuery
from gridrt_client.schema import EVENT, SESSION


@dataclass(frozen=True, eq=False)
class LatestEvents:
    """The latest events and what they were compared with.

    Attributes
    ----------
    rows
        As `device_status.latest_rows` returns them.
    tiles
        How many of them have each status.
    history
        The events of the scope in the past 24 hours, newest first.
    now
        The moment of the answer, UTC.
    history_error
        Why there is no history; None when there is.
    """

    rows: pd.DataFrame
    tiles: list[tuple[Status, int]]
    history: RowSelection
    now: pd.Timestamp
    history_error: GridError | None


def latest(chosen: Filters) -> LatestEvents:
    """Return the newest event for each distinct combination of the chosen columns, with status and its two clocks.

    Raises
    ------
    Pending, GridError
        As `Loader.load`; also when no column is chosen.
    """
    asked = {"eventType": chosen.eventType, **chosen.scope}
    blank = blanks(asked)
    query = LatestEventsQuery(
        distinctColumns=chosen.distinctColumns, interactionType=chosen.interactionType, **for_api(asked)
    )
    (answer,) = viewer_state.current().loader.load([query], chosen.refresh)
    try:
        # A status may have begun with an event that the filters on events leave out.
        past = filtered_data.load(replace(chosen, eventType=None, interactionType="all"))
        history, database, past_key, missing = past.events, past.joined.database, past.key, None
    except GridError as error:
        nothing = joined_events.joined(SESSION.empty(), EVENT.empty())
        history, database, past_key, missing = nothing.events, nothing.database, None, error
    now = now_of(answer)

    def compare() -> tuple[pd.DataFrame, list[tuple[Status, int]]]:
        latest = answer.frame
        for name, value in blank.items():
            latest = latest[holds(latest[name], value)]
        rows = device_status.latest_rows(latest, database, chosen.distinctColumns, reference(), now)
        return rows, device_status.status_tiles(rows)

    rows, tiles = answer.memo.get(("rows", past_key, now, tuple(blank.items())), compare)
    return LatestEvents(rows, tiles, history, now, missing)


@st.cache_resource(show_spinner=False)
def reference() -> StatusReference:
    """Return the meaning of status values; raises StatusReferenceError when the configured file can't be used."""
    return StatusReference.from_env()
