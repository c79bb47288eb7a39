"""Latest: the newest event for each distinct combination of columns, and the status of attached devices."""

import streamlit as st

from dashboard.analysis import device_status, joined_events
from dashboard.data import latest_events, loader
from dashboard.filters import Window
from dashboard.ui import device_table, export_button, messages, page_layout, status_filter


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        if not chosen.distinctColumns:
            messages.choose_columns()
            return
        latest = latest_events.latest(chosen)
        if latest.rows.empty:
            messages.empty("latest events", chosen, scope_has_any=False)
            device_table.draw_selected(latest.rows, latest.rows, latest.history, chosen)
            return

        messages.without_history(latest.history_error)
        rows = status_filter.choose_rows(latest.rows)
        rows = status_filter.choose_status(rows, latest.tiles)
        if rows.empty:
            messages.nothing_in_status()
            device_table.draw_selected(rows, latest.rows, latest.history, chosen)
            return

        device_table.draw(rows, latest.rows, latest.history, chosen)
        exported = joined_events.rows_of(rows).without(*device_status.INTERNAL)
        export_button.draw("latest", exported, chosen, Window(latest.now - loader.DAY, latest.now))


draw()
