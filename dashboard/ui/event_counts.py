"""Events of one type, or of all, by store, installation, product, category or another column."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.event_counts import COLUMNS, event_counts
from dashboard.analysis.formatting import escape_markdown, plural, whole
from dashboard.analysis.names import field_label
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table, link_parameters
from gridrt_client.safe_text import read_shown, shown

HOW = "All events of the time range, machines' too; each captureId once."
HELP = {
    "events": "How many events have this value.",
    "sessions": "In how many sessions (different sessionId).",
    "interactive": "Those of the events that a person did.",
}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the choice of the type and of the column, the number of all, and the table."""
    known = viewer_state.current().counts.get("eventType", pd.Series(dtype="int64"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = link_parameters.select(
            "countType",
            {shown(value): shown(value, 60) for value in known.index},
            label="Event type",
            placeholder="all types",
            width=300,
            on_typed=lambda typed: typed,
        )
        by = link_parameters.select(
            "countBy", {name: field_label(name) for name in COLUMNS}, label="By", default="spaceId", width=200
        )
    eventType, column = (read_shown(text) if text else None), by or "spaceId"
    found = data.memoize(
        "event_counts",
        lambda: event_counts(data.joined.database, column, eventType, data.chosen.within(span)),
        *(column, eventType, span),
    )
    what = "of all types" if eventType is None else f"of type {shown(eventType, 60)}"
    if found.empty:
        st.info(escape_markdown(f"There are no events {what} in the time range."), icon="🌙")
        return
    total, missing = int(found["events"].sum()), int(found.loc[found[column].isna(), "events"].sum())
    sentence = f"{plural(total, 'event')} {what}."
    if missing:
        sentence += f" {whole(missing)} of them without {column}."
    st.caption(escape_markdown(sentence), help=HOW)
    behaviour_table.draw(
        "counts", found, chosen, span, alt=f"Events by {column}.", order="most events first", help=HELP
    )
