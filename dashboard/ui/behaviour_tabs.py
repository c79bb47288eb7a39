"""The panels of the Behaviour view as tabs; the open one is in the link, and only it is computed."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.analysis.formatting import whole
from dashboard.analysis.people_events import left_out
from dashboard.data import filtered_data
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import SHOWN, Filters, Window
from dashboard.ui import (
    app_versions,
    cart_outcomes,
    detected_people,
    event_counts,
    event_flow,
    funnel,
    hours,
    link_parameters,
    link_state,
    product_interest,
    ratings,
    searches,
)
from dashboard.ui.behaviour_panels import PANELS
from gridrt_client.safe_text import shown

FIRST: Final = next(iter(PANELS))
DRAW: Final = {
    "funnel": funnel.draw,
    "flow": event_flow.draw,
    "products": product_interest.draw,
    "searches": searches.draw,
    "carts": cart_outcomes.draw,
    "ratings": ratings.draw,
    "hours": hours.draw,
    "counts": event_counts.draw,
    "people": detected_people.draw,
    "versions": app_versions.draw,
}
"""The function that draws each panel, by the key of its container."""

OF_PEOPLE: Final = ("funnel", "flow", "products", "searches", "carts")
"""The panels that count only what people did."""


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the tabs and the panel of the open one."""

    def open_tab() -> None:
        name = st.session_state["panel"]
        link_parameters.write("panel", None if name == FIRST else name)

    asked = st.query_params.get("panel")
    if asked and asked not in PANELS:
        link_state.note("panel", f"panel “{shown(asked, SHOWN)}” is not one of {', '.join(PANELS)}. {FIRST} is shown.")
    # Not bound to the link by Streamlit, which writes several steps of the browser's history when the page changes.
    link_parameters.show("panel", link_parameters.linked("panel", list(PANELS), FIRST))
    tabs = st.tabs(list(PANELS), key="panel", on_change=open_tab)
    for tab, key in zip(tabs, PANELS.values(), strict=True):
        with tab, st.container(key=key):
            if tab.open:
                DRAW[key](data, span, chosen)
                if key in OF_PEOPLE:
                    _left_out(data, span)


def _left_out(data: FilteredData, span: Window) -> None:
    """Say how many events of the time range no person did or belong to no session, and how many have no time."""
    found = data.memoize("left_out", lambda: left_out(data.joined.database, data.chosen.within(span)), span)
    undated = filtered_data.outside(data).undated
    reasons = (found.of_machines, "that no person did"), (found.without_session, "without a session")
    parts = [f"{whole(number)} {why}" for number, why in (*reasons, (undated, "without a readable time")) if number]
    with st.container():
        if parts:
            st.caption(f"Events not counted here, besides MONITOR_*: {', '.join(parts)}.")
