"""Now: what is wrong, the numbers of the chosen time range, the stores, and the newest events."""

import streamlit as st

from dashboard.data import filtered_data, stores
from dashboard.filters import write_value
from dashboard.ui import event_table, messages, overview_metrics, page_layout, page_links, store_table


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        data = filtered_data.load(chosen)
        if data.events.empty and data.sessions.empty:
            messages.empty("sessions or events", chosen, scope_has_any=not data.all_events.empty)
            event_table.draw_selected(data, data.events, chosen)
            return

        overview = filtered_data.overview(data)
        overview_metrics.metrics_row(overview, chosen)
        active, money = st.columns([2, 1])
        with active:
            st.markdown("**Active sessions, minute by minute**")
            overview_metrics.minute_bars(data, overview, chosen)
        with money:
            overview_metrics.revenue(filtered_data.sales(chosen), chosen)
        compared = stores.comparison(data, chosen)
        if compared is not None:
            st.markdown("**Stores**")
            store_table.draw(
                data, compared, chosen, choose=lambda one: page_links.open_page("store", {"spaceId": write_value(one)})
            )
        st.markdown("**Newest events**")
        event_table.draw_feed(data, chosen)
        messages.left_out(filtered_data.outside(data), listed=False)
        messages.sessions_left_out(filtered_data.outside(data, "sessionCreated"))


draw()
