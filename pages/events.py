"""Events: the histogram of events over time, and the table of all events."""

import streamlit as st

from dashboard.data import filtered_data
from dashboard.ui import event_histogram, event_panels, event_table, export_button, messages, page_layout


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        data = filtered_data.load(chosen)
        if data.events.empty:
            messages.empty("events", chosen, scope_has_any=not data.all_events.empty)
            event_table.draw_selected(data, data.events, chosen)
            return

        span = messages.time_range(chosen, data.window)
        if span is None:
            event_table.draw_selected(data, data.events.first(0), chosen)
            return

        events = data.events_between(span) if chosen.ranged else data.events
        if events.empty:
            messages.empty("events", chosen, scope_has_any=True)
            event_table.draw_selected(data, events, chosen)
            return

        left_out = filtered_data.outside(data, span=span if chosen.ranged else None)
        event_histogram.draw(data, span, chosen)
        event_panels.draw(data, span, chosen)
        messages.left_out(left_out, ranged=chosen.ranged)
        listed = event_table.choose_rows(data, events, span if chosen.ranged else None)
        if listed.empty:
            messages.nothing_found()
            event_table.draw_selected(data, events, chosen)
            return
        event_table.draw(data, listed, chosen)
        exported = listed if event_table.linked_sort() else listed.future_last("eventTime", data.now)
        export_button.draw("events", exported, chosen, span)


draw()
