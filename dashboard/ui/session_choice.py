"""The choice of a session: by its id, or one of the newest."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters
from dashboard.tables import records
from dashboard.ui import link_parameters, messages, selectable_table
from gridrt_client.safe_text import read_shown, shown

NEWEST: Final = 50
ORDER: Final = ("sessionCreated", "spaceId", "appId", "country", "events", "interactive events", "sessionId")


def linked_session() -> str | None:
    """Draw the input for ``sessionId`` and return what the link names, None for nothing."""

    def typed() -> None:
        text = (st.session_state["sessionId_input"] or "").strip()
        link_parameters.write("sessionId", read_shown(text) or None)

    linked = st.query_params.get("sessionId") or None
    link_parameters.show("sessionId_input", shown(linked) if linked else "")
    st.text_input(
        "sessionId",
        key="sessionId_input",
        on_change=typed,
        placeholder="the id of a session",
        help="The session to show. It is in the link.",
    )
    return linked


def draw_newest(data: FilteredData, chosen: Filters) -> None:
    """Draw the newest sessions that have an id; a click opens one."""
    newest = data.sessions.split("sessionCreated", data.now)[0].first(NEWEST)
    rows = newest.take_rows()
    rows = rows[rows["sessionId"].notna() & (rows["sessionId"] != "")]
    if rows.empty:
        messages.empty("sessions with an id", chosen, scope_has_any=False)
        return
    st.caption(f"No session is chosen. These are the newest {len(rows)}: select one, or type an id above.")
    table, keys = records.session_table(rows, chosen.tz, viewer_state.names()), records.session_keys(rows)
    selectable_table.draw("session_choice", table, keys, selected="sessionId", tz=chosen.tz, order=ORDER)
