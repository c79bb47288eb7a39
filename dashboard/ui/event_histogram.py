"""Events over time and by value: a drag sets the time range, a click on a value filters by it."""

from __future__ import annotations

from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt
import streamlit as st

from dashboard.analysis.formatting import plural
from dashboard.analysis.histogram import WITHHELD, HistogramCounts, bin_size
from dashboard.analysis.measures import MEASURES, Measure, measure_of
from dashboard.analysis.names import field_label
from dashboard.analysis.people_events import span_before
from dashboard.data import filtered_data, viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures import chart_selections
from dashboard.figures.category_bars import category_bars
from dashboard.figures.event_histogram import Mode, event_histogram
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import FIELDS, OF_EVENT, Filters, Window
from dashboard.ui import filter_changes, link_parameters
from dashboard.ui.colours import colours_of

BREAKDOWNS: Final = (
    *("eventType", "interaction", "spaceId", "installationId", "appId", "appVersion", "country", "environment"),
    *("deviceId", *(name for name in OF_EVENT if name != "eventType" and not name.startswith("int"))),
)
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
_MODE_WORDS: Final = {"count": "stacked", "lines": "lines", "percent": "percent", "log": "log"}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the controls, the histogram of ``eventTime`` and the bars of values."""
    by, mode, measure, compared = _controls(data, span, chosen)
    histogram, bars = _figures(data, span, chosen, by, mode, measure, compared)
    over_time, values = st.columns([2, 1])
    with over_time:
        st.plotly_chart(
            histogram,
            key="event_histogram",
            on_select=_set_dragged_range,
            selection_mode="box",
            config=CONFIG,
            alt=f"{measure.words} over time by {by}. The values and the table below hold the same events.",
        )
        counts = filtered_data.histogram(data, span, chosen.tz, by, bin_size(span.start, span.end), measure)
        if counts.unmeasured:
            st.caption(_left_out(measure, counts.unmeasured))
        if compared is not None:
            st.caption("Dotted: the equally long span before.")
    with values:
        filterable = by in FIELDS
        st.caption(f"{field_label(by)}{': click to filter' if filterable else ''}", help=by)
        st.plotly_chart(
            bars,
            key="event_values",
            on_select=(lambda: _toggle_clicked_value(by)) if filterable else "ignore",
            selection_mode="points",
            config=CONFIG,
            alt=f"{measure.words} by {by}.",
        )


def _controls(data: FilteredData, span: Window, chosen: Filters) -> tuple[str, Mode, Measure, Window | None]:
    """Draw the controls; return breakdown, mode, measure and the span that is compared, None for none."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measured = link_parameters.select("measure", MEASURES, label="Measure", default="count", width=170)
        measure = measure_of(measured)
        if measure.kind == "revenue":
            measure = measure_of("revenue", _currency(data))
        by = link_parameters.select(
            "breakdown",
            {name: field_label(name) for name in BREAKDOWNS},
            label="By",
            default="eventType",
            help="breakdown: the field whose values are drawn one by one.",
            width=170,
        )
        mode = link_parameters.segments("scale", _MODE_WORDS, label="Scale", default="count", help="scale")
        compared = span_before(span, data.window)
        if compared is not None and not link_parameters.switch(
            "before", label="Span before", help="before: as a dotted line."
        ):
            compared = None
        if chosen.ranged:
            filter_changes.whole_day_button()
    return by or "eventType", next(one for one in MODES if one == (mode or "count")), measure, compared


def _currency(data: FilteredData) -> str:
    """Choose the currency of the revenue: by default the one with the most purchases."""
    units = list(filtered_data.overview(data).revenue)
    if len(units) < 2:
        return units[0] if units else ""
    chosen = link_parameters.select(
        "currency", {unit: unit or "none given" for unit in units[:50]}, label="Currency", default=units[0], width=120
    )
    return units[0] if chosen is None else chosen


def _figures(
    data: FilteredData,
    span: Window,
    chosen: Filters,
    by: str,
    mode: Mode,
    measure: Measure,
    compared: Window | None,
) -> tuple[Any, Any]:
    """Return the histogram and the bars, made once for all viewers with the same choices."""
    dark, colours = is_dark(), colours_of(by, chosen)
    size = bin_size(span.start, span.end)

    names = viewer_state.names()

    def label(value: str) -> str:
        return names.name_of(by, value) or value

    def draw_figures() -> tuple[Any, Any]:
        counts = filtered_data.histogram(data, span, chosen.tz, by, size, measure)
        before = None
        if compared is not None:
            before = _all_values(filtered_data.histogram(data, compared, chosen.tz, by, size, measure))
        over_time = event_histogram(
            counts,
            size,
            *span,
            chosen.tz,
            dark,
            mode=mode,
            colours=colours.of,
            legend=False,
            before=before,
            label=label,
        )
        return over_time, category_bars(counts, dark, colours.of, label)

    return data.memoize("histogram", draw_figures, span, chosen.tz, by, mode, dark, colours, measure, compared)


def _left_out(measure: Measure, events: int) -> str:
    """The sentence about events whose number is not in the measure."""
    if measure.kind == "revenue":
        return f"{plural(events, 'purchase')} without an amount that can be added up: not in the revenue."
    return f"{plural(events, 'event')} with more digits in {measure.number} than can be added up: left out."


def _all_values(counts: HistogramCounts) -> npt.NDArray[np.float64]:
    """The sum over the values of each bin."""
    return counts.counts.sum(axis=1).to_numpy(dtype=np.float64)


def _set_dragged_range() -> None:
    reach = chart_selections.range_of_selection(st.session_state["event_histogram"])
    if reach is not None:
        filter_changes.set_range(*reach)


def _toggle_clicked_value(by: str) -> None:
    value = chart_selections.category_of_selection(st.session_state["event_values"])
    if value not in (None, WITHHELD):
        filter_changes.toggle(by, value)
