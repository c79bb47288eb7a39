"""Events by hour, and by event type or store."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import escape_markdown, whole
from dashboard.analysis.histogram import HistogramCounts, bin_edges, histogram_counts
from dashboard.analysis.names import NAMED, Names, field_label
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures.axes import range_texts
from dashboard.figures.hour_heat_map import hour_heat_map
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table, link_parameters
from dashboard.ui.behaviour_panels import HOUR_ROWS
from gridrt_client.safe_text import shown

MOST_ROWS = 20
HOUR = pd.Timedelta("1h")
HOW = (
    "All events of the time range, machines' too, by the hour of the chosen time zone. The first and the last hour are "
    "cut by the range where it doesn't begin or end on the hour."
)


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the choice of rows, the heat map, and the same as a table."""
    by = link_parameters.segments("hourRows", HOUR_ROWS, label="Rows", default="eventType") or "eventType"
    counts = data.memoize(
        "hours",
        lambda: histogram_counts(
            data.joined.database, *span, chosen.tz, by, chosen=data.chosen, top=MOST_ROWS, size=HOUR
        ),
        *(span, chosen.tz, by),
    )
    hours, totals = range_texts(bin_edges(*span, HOUR, chosen.tz), chosen.tz), counts.counts.sum(axis=1)
    if not totals.sum():
        st.info("There are no events in the time range.", icon="🌙")
        return
    busiest = int(totals.to_numpy().argmax())
    st.caption(escape_markdown(f"Busiest hour: {hours[busiest]}, {whole(totals.iloc[busiest])} events."), help=HOW)
    dark, names = is_dark(), viewer_state.names()
    figure = data.memoize(
        "hour_heat_map",
        lambda: hour_heat_map(counts, span, chosen.tz, dark, _labels(counts, names)),
        *(span, chosen.tz, by, dark, names),
    )
    about = f"Events by hour and {field_label(by)}; the table has them."
    with st.container(key="hour_diagram"):
        st.plotly_chart(figure, key="hour_heat_map", config=CONFIG, alt=about)
    table = counts.counts.T.reset_index(names=by)
    table.columns = pd.Index([by, *hours], dtype="str")
    table.insert(1, "all", counts.counts.sum().to_numpy())
    behaviour_table.draw("hours", table, chosen, span, alt="Events by hour.", order="most events first")


def _labels(counts: HistogramCounts, names: Names) -> list[str]:
    special = {counts.other, counts.missing}
    return [
        shown(name, 30) if name in special or counts.by not in NAMED else names.of(counts.by, name)
        for name in counts.counts.columns
    ]
