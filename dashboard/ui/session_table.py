"""The table of sessions, and the details of the selected one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import plural
from dashboard.analysis.joined_events import COUNTS, RowSelection
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters
from dashboard.tables import records
from dashboard.ui import frozen_rows, messages, paged_table, record_details
from gridrt_client.schema import SESSION


def draw(data: FilteredData, sessions: RowSelection, chosen: Filters) -> None:
    """Draw the table of ``sessions``, newest first, and the details and the events of the selected one."""

    names = viewer_state.names()

    def make_page(rows: RowSelection) -> tuple[pd.DataFrame, list[str]]:
        def make() -> tuple[pd.DataFrame, list[str]]:
            listed = rows.take_rows()
            return records.session_table(listed, chosen.tz, names), records.session_keys(listed)

        return data.memoize("session_page", make, rows.positions.tobytes(), chosen.tz, names)

    paged_table.draw(frozen_rows.SESSIONS, frozen_rows.SESSIONS_AHEAD, data, sessions, chosen, make_page)
    draw_selected(data, sessions, chosen)


def draw_selected(data: FilteredData, sessions: RowSelection, chosen: Filters) -> None:
    """Draw the details of the session that the link names, or say why it isn't among ``sessions``."""
    key = st.query_params.get("sessionId")
    with st.container():
        if not key:
            return
        record = records.session_by_key(record_details.rows_with_key(sessions, "sessionId", key), key)
        if record is not None:
            record_details.draw("Session", record.drop(list(COUNTS)), data.all_events, chosen, SESSION)
            return
        everywhere = records.session_by_key(record_details.rows_with_key(data.all_sessions, "sessionId", key), key)
        events = len(data.all_events.having("sessionId", key))
        if everywhere is None and events:
            reason = f"the API names it only in {plural(events, 'event')}."
            messages.not_found("sessionId", key, "in the list of sessions", reason)
        else:
            messages.not_listed("sessionId", key, "session", chosen, elsewhere=everywhere is not None)
