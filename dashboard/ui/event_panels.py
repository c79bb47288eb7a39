"""What the events have in common: the values of a field, and what is different in the time range."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.analysis.differences import differences
from dashboard.analysis.formatting import escape_markdown, is_missing, percent, plural, whole
from dashboard.analysis.histogram import WITHHELD
from dashboard.analysis.names import field_label
from dashboard.analysis.top_values import FieldValues, field_values
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import FIELDS, Filters, Window
from dashboard.ui import filter_changes, link_parameters
from dashboard.ui.event_histogram import BREAKDOWNS
from gridrt_client.safe_text import shown
from gridrt_client.schema import NUMBERS

PANELS: Final = {"fields": "Values of a field", "differences": "What is different here"}
PAGE_VALUES: Final = 15


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the choice of a panel, and the chosen one."""
    panel = link_parameters.segments("panel", PANELS, label="More about these events", label_visibility="collapsed")
    with st.container(key="event_panel"):
        if panel == "fields":
            _draw_values(data, span)
        elif panel == "differences":
            _draw_differences(data, span, chosen)


def _draw_values(data: FilteredData, span: Window) -> None:
    """Draw the values of the chosen field with their counts and shares, and what includes or excludes each."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options = {name: field_label(name) for name in (*BREAKDOWNS, *NUMBERS)}
        field = link_parameters.select("field", options, label="Field", default="eventType", width=170) or "eventType"
        text = link_parameters.text("values", label="Values that hold", width=190)
        page = link_parameters.number("field_page", 1)
    only = data.chosen.within(span)
    found: FieldValues = data.memoize(
        "field_values",
        lambda: field_values(
            data.joined.database, field, only, text=text, start=(page - 1) * PAGE_VALUES, most=PAGE_VALUES
        ),
        *(only, field, text, page),
    )
    missing = found.events - found.present
    st.caption(
        f"{whole(found.present)} of {plural(found.events, 'event')} have one of {plural(found.different, 'value')}"
        + (f"; {whole(missing)} have none" if missing else "")
        + (f"; {plural(found.matching, 'value')} with this text" if text else "")
        + ".",
        help=f"{field}: events in the time range and the filters. Shares are of all of these events.",
    )
    for place, (value, events) in enumerate(zip(found.frame["value"], found.frame["events"], strict=True)):
        _draw_value(field, value, f"{whole(events)} · {percent(events, found.events)}", place)
    pages = -(-found.matching // PAGE_VALUES)
    if pages > 1:
        link_parameters.pages("field_page", pages)


def _draw_value(field: str, value: str, numbers: str, place: int) -> None:
    names = viewer_state.names()
    filterable = field in FIELDS and value != WITHHELD
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"value_{field}_{place}"):
        if filterable:
            label = escape_markdown(shown(value, 60))
            for sign, change, words in (
                ("+", filter_changes.include, "Only"),
                ("−", filter_changes.exclude, "Without"),
            ):
                key = f"{words.lower()}_{place}"
                st.button(sign, key=key, on_click=change, args=(field, value), type="tertiary", help=f"{words} {label}")
        st.markdown(escape_markdown(names.of(field, value, 60)), width=260, help=escape_markdown(shown(value, 200)))
        st.caption(numbers, width="content")


def _draw_differences(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the values whose share in the time range differs most from that in the rest of the day."""
    if not chosen.ranged:
        st.info("Choose a time range first, by a drag over the figure: it is compared with the rest of the day.")
        return
    found = data.memoize(
        "differences", lambda: differences(data.joined.database, span, data.window, data.chosen), span, data.chosen
    )
    if found.empty:
        st.info("No value has another share in the time range than in the rest of the day.")
        return
    st.caption(
        "Shares of the events in the time range and of those in the rest of the day; the largest difference first.",
        help="For each value of each field: its events in the range, divided by all in the range, against the same of "
        "the events outside. Values with fewer than 5 events are left out.",
    )
    columns = (found[name] for name in ("field", "value", "inside_share", "outside_share"))
    for place, (field, value, inside, outside) in enumerate(zip(*columns, strict=True)):
        numbers = f"{percent(inside, 1)} here, {percent(outside, 1)} in the rest of the day"
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption(escape_markdown(field_label(field)), width=110)
            if is_missing(value):
                st.markdown("(missing)", width=260)
                st.caption(numbers, width="content")
            else:
                _draw_value(field, value, numbers, 100 + place)
