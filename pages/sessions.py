"""Sessions: the map of sessions, and the table of all sessions."""

import streamlit as st

from dashboard.analysis.joined_events import COUNTS
from dashboard.data import filtered_data
from dashboard.ui import export_button, messages, page_layout, session_map, session_table


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        data = filtered_data.load(chosen)
        span = messages.time_range(chosen, data.window)
        if span is None:
            session_map.place_of_empty_map()
            session_table.draw_selected(data, data.sessions.first(0), chosen)
            return

        sessions = data.sessions_between(span) if chosen.ranged else data.sessions
        left_out = filtered_data.outside(data, "sessionCreated", span if chosen.ranged else None)
        if sessions.empty:
            messages.empty("sessions", chosen, scope_has_any=not data.all_sessions.empty)
            messages.sessions_left_out(left_out, ranged=chosen.ranged)
            session_map.place_of_empty_map()
            session_table.draw_selected(data, sessions, chosen)
            return

        by = session_map.colour_choice()
        located = session_map.locate(data, sessions, by, span, chosen)
        session_map.draw(located, by, chosen)
        messages.unlocated(located.unlocated, len(sessions))
        messages.sessions_left_out(left_out, ranged=chosen.ranged)

        listed = session_map.sessions_at_place(sessions, located)
        session_table.draw(data, listed, chosen)
        exported = listed.future_last("sessionCreated", data.now).without(*COUNTS)
        export_button.draw("sessions", exported, chosen, span)


draw()
