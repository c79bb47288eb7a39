"""Devices: the status of attached devices, and the newest event for each distinct combination of columns."""

import streamlit as st

from dashboard.analysis import device_status, joined_events
from dashboard.data import latest_events
from dashboard.ui import device_messages, device_table, export_button, messages, page_layout, status_filter


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        if not chosen.distinctColumns:
            device_messages.choose_columns()
            return
        found = latest_events.statuses(chosen)
        device_messages.without_history(found.history_error)
        span = messages.time_range(chosen, found.window)
        status_filter.draw_tiles(found.devices, latest_events.reference().thresholds)
        status_filter.say_what_applies(chosen, ranged=chosen.ranged and span is not None)
        is_without_things = found.devices.rows.empty
        all_chosen = is_without_things or status_filter.choose_rows(found.devices)
        rows = latest_events.all_rows(chosen, found) if all_chosen else found.devices.rows
        device_messages.without_monitors(chosen, is_without_things, any_events=not rows.empty)
        listed = status_filter.chosen_status(rows)
        if listed.empty and not rows.empty:
            device_messages.nothing_in_status()
        if listed.empty:
            device_table.draw_selected(listed, rows, found, chosen)
            return

        device_table.draw(listed, rows, found, chosen)
        exported = joined_events.rows_of(listed).without(*device_status.INTERNAL)
        export_button.draw("latest", exported, chosen, found.window)


draw()
