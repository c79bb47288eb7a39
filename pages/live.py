"""Now: what is wrong, the numbers of the chosen time range, the stores, and the newest events."""

import streamlit as st

from dashboard.data import filtered_data, stores
from dashboard.filters import write_value
from dashboard.ui import (
    alarm_strip,
    event_feed,
    event_table,
    messages,
    overview_metrics,
    page_layout,
    page_links,
    revenue,
    store_table,
    top_lists,
)


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        alarm_strip.draw(chosen)
        data = filtered_data.load(chosen)
        if data.events.empty and data.sessions.empty:
            messages.empty("sessions or events", chosen, scope_has_any=not data.all_events.empty)
            event_table.draw_selected(data, data.events, chosen)
            return
        messages.time_range(chosen, data.window)
        compared = stores.comparison(data, chosen)
        if compared is None:
            event_table.draw_selected(data, data.events.first(0), chosen)
            return

        overview = filtered_data.overview(data)
        everything = filtered_data.load(chosen.without_event_filters())
        sales = stores.compared_numbers(everything, compared)
        overview_metrics.draw(overview, stores.compared_numbers(data, compared), sales, compared, chosen)
        active, money = st.columns([3, 2])
        with active:
            st.markdown("**Active sessions, minute by minute**")
            overview_metrics.minute_bars(data, overview, chosen)
        with money:
            revenue.draw(sales, compared, data.window, chosen)
        st.markdown("**Stores**")
        store_table.draw(
            everything,
            compared,
            chosen,
            things_of=chosen,
            choose=lambda one: page_links.open_page("store", {"spaceId": write_value(one)}),
        )
        top_lists.draw(everything, compared, chosen)
        st.markdown("**Newest events**")
        event_feed.draw(data, chosen)
        messages.left_out(filtered_data.outside(data), listed=False)
        messages.sessions_left_out(filtered_data.outside(data, "sessionCreated"))


draw()
