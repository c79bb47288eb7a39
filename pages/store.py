"""Store: sales, visitors, funnel and outages of its things of one store, on one time axis."""

import streamlit as st

from dashboard.data import filtered_data, stores
from dashboard.ui import filter_changes, messages, page_layout, store_table


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        space = chosen.condition("spaceId").single
        if space is None:
            data = filtered_data.load(stores.of_all_stores(chosen))
            compared = stores.comparison(data, chosen)
            if compared is None or messages.time_range(chosen, data.window) is None:
                return
            st.info("Choose a store: select its row.", icon="🏪")
            store_table.draw(data, compared, chosen, choose=lambda one: filter_changes.toggle("spaceId", one))
            return
        st.write(space)


draw()
