"""Stores: where they are, what each sold, and how they compare hour by hour."""

import streamlit as st

from dashboard.data import filtered_data, stores
from dashboard.ui import filter_changes, messages, page_layout, store_comparison, store_map, store_table

LISTED = ("store", "sessions", "purchases", "conversion", "revenue", "change", "things down")


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        # The filter on stores is what is chosen here: all of them are shown, those that it lets through marked.
        data = filtered_data.load(stores.of_all_stores(chosen))
        span, compared = messages.time_range(chosen, data.window), stores.comparison(data, chosen)
        if span is None or compared is None:
            return
        if data.sessions.empty and data.events.empty:
            messages.empty("sessions or events", chosen, scope_has_any=False)
            return
        where, ranked = st.columns([1, 1])
        with where:
            within = store_map.draw(data, compared, chosen)
        with ranked:
            store_table.draw(
                data,
                compared,
                chosen,
                things_of=stores.of_all_stores(chosen),
                choose=lambda space: filter_changes.toggle("spaceId", space),
                within=within,
                columns=LISTED,
            )
        store_comparison.draw(data, span, chosen)


draw()
