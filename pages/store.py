"""Store: what is wrong in one store, and its sales, visitors, funnel and outages on one time axis."""

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.data import filtered_data, stores, viewer_state
from dashboard.ui import (
    alarm_strip,
    filter_changes,
    messages,
    page_layout,
    store_choice,
    store_day,
    store_numbers,
    store_table,
)


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        space = chosen.condition("spaceId").single
        data = filtered_data.load(stores.of_all_stores(chosen) if space is None else chosen.without_event_filters())
        span = messages.time_range(chosen, data.window)
        compared = stores.comparison(data, chosen)
        if span is None or compared is None:
            return
        if space is None:
            st.info("Choose a store: select its row.", icon="🏪")
            store_table.draw(
                data,
                compared,
                chosen,
                things_of=stores.of_all_stores(chosen),
                choose=lambda one: filter_changes.toggle("spaceId", one),
            )
            return

        st.subheader(escape_markdown(viewer_state.names().of("spaceId", space)), anchor=False)
        alarm_strip.draw(chosen)
        if data.events.empty and data.sessions.empty:
            messages.empty("sessions or events", chosen, scope_has_any=False)
            return
        others = [one for one in stores.known_spaces(chosen) if one != space]
        with_store = store_choice.choose(others, "Compare with", "Another store in the same figure and table.", most=1)
        other = None
        if with_store:
            other = with_store[0], filtered_data.load(stores.of_one_store(chosen, with_store[0]))
        store_day.draw(data, span, chosen, other)
        st.markdown(
            "**Against the span before**" if other is None else "**Against the span before and the other store**"
        )
        store_numbers.draw(data, compared, chosen, other)


draw()
