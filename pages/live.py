"""Overview: what is going on now, and how it compares with the hour before."""

import streamlit as st

from dashboard import browse, data, frame, headline, states
from dashboard.filters import Filters


def view(chosen: Filters) -> None:
    scene = data.scene(chosen)
    if scene.events.empty and scene.sessions.empty:
        states.empty("sessions or events", chosen, scope_has_any=not scene.all_events.empty)
        browse.chosen_event(scene, scene.events, chosen)
        return

    told = data.overview(scene)
    headline.metrics_row(told, chosen)
    active, money = st.columns([2, 1])
    with active:
        st.markdown("**Active sessions, minute by minute**")
        headline.minute_bars(scene, told, chosen)
    with money:
        headline.revenue(data.sales(chosen), chosen)
    st.markdown("**Newest events**")
    browse.event_feed(scene, chosen)
    states.left_out(data.outside(scene), listed=False)
    states.sessions_left_out(data.outside(scene, "sessionCreated"))


frame.draw(view)
