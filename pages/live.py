"""Overview: what is going on now, and how it compares with the hour before."""

import streamlit as st

from dashboard import browse, charts, data, filters, metrics, panels, states


def view() -> None:
    chosen = filters.current()
    scene = data.scene(chosen)
    if scene.events.empty and scene.sessions.empty:
        states.empty("sessions or events", chosen, scope_has_any=not scene.all_events.empty)
        return

    told = data.overview(scene)
    panels.metrics_row(told, chosen)
    active, money = st.columns([2, 1])
    with active:
        st.markdown("**Active sessions, minute by minute**")
        bars = charts.minute_bars(told.active_by_minute, scene.now, chosen.tz, panels.dark())
        about = "Active sessions in each of the past 30 minutes."
        st.plotly_chart(bars, key="minute_bars", config=charts.CONFIG, height=230, alt=about)
    with money:
        panels.revenue(told)
    st.markdown("**Newest events**")
    browse.event_feed(scene.events, scene.all_events, scene.now, chosen)
    states.left_out(metrics.outside(scene.events, scene.window))


view()
