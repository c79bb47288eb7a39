"""Overview: what is going on now, and how it compares with the hour before."""

import streamlit as st

from dashboard.data import filtered_data
from dashboard.filters import Filters
from dashboard.ui import messages, overview_metrics, page_layout, record_tables


def view(chosen: Filters) -> None:
    scene = filtered_data.load(chosen)
    if scene.events.empty and scene.sessions.empty:
        messages.empty("sessions or events", chosen, scope_has_any=not scene.all_events.empty)
        record_tables.chosen_event(scene, scene.events, chosen)
        return

    told = filtered_data.overview(scene)
    overview_metrics.metrics_row(told, chosen)
    active, money = st.columns([2, 1])
    with active:
        st.markdown("**Active sessions, minute by minute**")
        overview_metrics.minute_bars(scene, told, chosen)
    with money:
        overview_metrics.revenue(filtered_data.sales(chosen), chosen)
    st.markdown("**Newest events**")
    record_tables.event_feed(scene, chosen)
    messages.left_out(filtered_data.outside(scene), listed=False)
    messages.sessions_left_out(filtered_data.outside(scene, "sessionCreated"))


page_layout.draw(view)
