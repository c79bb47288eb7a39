"""Behaviour: what people do in their sessions, one question on each tab."""

import streamlit as st

from dashboard.data import filtered_data
from dashboard.ui import behaviour_tabs, messages, page_layout


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        # A filter on events would take away a part of what a session did.
        data = filtered_data.load(chosen.without_event_filters())
        if data.events.empty:
            messages.empty("events", chosen, scope_has_any=False)
            return
        span = messages.time_range(chosen, data.window)
        if span is not None:
            messages.without_event_filters(chosen)
            behaviour_tabs.draw(data, span, chosen)


draw()
