"""Events over time and by value: a drag sets the time range, a click on a value filters by it."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard.analysis.histogram import bin_size
from dashboard.data import filtered_data
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures import chart_selections
from dashboard.figures.category_bars import category_bars
from dashboard.figures.event_histogram import Mode, event_histogram
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import FIELDS, Filters, Window
from dashboard.ui import filter_changes
from dashboard.ui.colours import colours_of

BREAKDOWNS: Final = ("eventType", "interaction", "spaceId", "installationId", "appId", "country", "deviceId")
MODES: Final[tuple[Mode, ...]] = ("count", "percent", "log")
_FILTERABLE: Final = FIELDS


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the controls, the histogram of ``eventTime`` and the bars of values."""
    by, mode = _controls(chosen)
    histogram, bars = _figures(data, span, chosen, by, mode)
    over_time, values = st.columns([2, 1])
    with over_time:
        st.plotly_chart(
            histogram,
            key="event_histogram",
            on_select=_set_dragged_range,
            selection_mode="box",
            config=CONFIG,
            alt=f"Histogram of eventTime, stacked by {by}. The table below holds the same events.",
        )
    with values:
        filterable = by in _FILTERABLE
        st.caption(f"{by}{': click to filter' if filterable else ''}")
        st.plotly_chart(
            bars,
            key="event_values",
            on_select=(lambda: _toggle_clicked_value(by)) if filterable else "ignore",
            selection_mode="points",
            config=CONFIG,
            alt=f"Events by {by}.",
        )


def _controls(chosen: Filters) -> tuple[str, Mode]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("breakdown", BREAKDOWNS, key="breakdown", bind="query-params", width=180)
        mode = st.segmented_control("scale", MODES, default="count", required=True, key="scale", bind="query-params")
        if chosen.ranged:
            filter_changes.whole_day_button()
    return by, mode


def _figures(data: FilteredData, span: Window, chosen: Filters, by: str, mode: Mode) -> tuple[Any, Any]:
    """Return the histogram and the bars, made once for all viewers with the same choices."""
    dark, colours = is_dark(), colours_of(by, chosen)
    size = bin_size(span.start, span.end)

    def draw_figures() -> tuple[Any, Any]:
        counts = filtered_data.histogram(data, span, chosen.tz, by, size)
        over_time = event_histogram(counts, size, *span, chosen.tz, dark, mode=mode, colours=colours.of, legend=False)
        return over_time, category_bars(counts, dark, colours.of)

    return data.memoize("histogram", draw_figures, span, chosen.tz, by, mode, dark, colours)


def _set_dragged_range() -> None:
    reach = chart_selections.range_of_selection(st.session_state["event_histogram"])
    if reach is not None:
        filter_changes.set_range(*reach)


def _toggle_clicked_value(by: str) -> None:
    value = chart_selections.category_of_selection(st.session_state["event_values"])
    if value is not None:
        filter_changes.toggle(by, value)
