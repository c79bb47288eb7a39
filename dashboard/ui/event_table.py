"""The tables of events, and the details of the selected one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.joined_events import RowSelection, newest_first
from dashboard.analysis.names import field_label
from dashboard.analysis.record_order import Places
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters, Window
from dashboard.tables import records
from dashboard.ui import frozen_rows, link_parameters, messages, paged_table, record_details, selectable_table
from gridrt_client.schema import EVENT, NUMBERS

DETAILS_PIXELS: Final = 400
NEWEST: Final = ""
SORTS: Final = {
    NEWEST: "newest first",
    "eventTime": "oldest first",
    **{
        name: f"{field_label(name)}, A to Z"
        for name in ("eventType", "spaceId", "deviceId", "productId", "categoryId", "str1", "sessionId")
    },
    **{f"-{name}": f"{name}, largest first" for name in NUMBERS},
    **{name: f"{name}, smallest first" for name in NUMBERS},
}
"""What a person reads for each order that a link may name."""


def draw(data: FilteredData, events: RowSelection, chosen: Filters) -> None:
    """Draw the table of all events, newest first, and the details of the selected one.

    ``events`` are those of ``data`` that are in the time range.
    """

    with _beside_details(data, events, chosen):
        if linked_sort():
            _draw_sorted(data, events, chosen)
            return

        def make_page(rows: RowSelection) -> tuple[pd.DataFrame, list[str]]:
            return page_of(data, rows, chosen)

        paged_table.draw(frozen_rows.EVENTS, frozen_rows.EVENTS_AHEAD, data, events, chosen, make_page)


def choose_rows(data: FilteredData, events: RowSelection, span: Window | None) -> RowSelection:
    """Draw the text to find and the order; return those of ``events`` that hold the text, in the chosen order.

    ``span`` is the time range of ``events``, None for all.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = link_parameters.text("find", label="Find in these events", width=240)
        link_parameters.select("sort", SORTS, label="Order", default=NEWEST, width=220)
    sort = linked_sort()
    if not text and not sort:
        return events
    return data.sorted_events(span, text, sort.removeprefix("-"), descending=sort.startswith("-"))


def linked_sort() -> str:
    """Return the field that the link sorts by, with ``-`` in front for the largest first; empty for newest first."""
    return link_parameters.linked("sort", list(SORTS), NEWEST) or NEWEST


def _draw_sorted(data: FilteredData, events: RowSelection, chosen: Filters) -> None:
    """Draw a page of events in another order than that of time."""

    def make_page(places: Places) -> tuple[pd.DataFrame, list[str]]:
        return page_of(data, RowSelection(events.frame, places), chosen, in_order=True)

    rows_of = (paged_table.row_filters(chosen), linked_sort(), st.query_params.get("find"))
    table, keys = frozen_rows.page_sorted(
        frozen_rows.EVENTS_SORTED, events, rows_of, make_page, data.now, SORTS[linked_sort()]
    )
    order = dict.fromkeys(("eventTime", "eventType", linked_sort().removeprefix("-"), *table.columns))
    selectable_table.draw(frozen_rows.EVENTS.key, table, keys, selected="captureId", tz=chosen.tz, order=[*order])


def draw_selected(data: FilteredData, events: RowSelection, chosen: Filters, *, stacked: bool = False) -> None:
    """Draw the details of the event that the link names, or say why it isn't among ``events``."""
    key = st.query_params.get("captureId")
    with st.container():
        if not key:
            return
        record = records.event_by_key(record_details.rows_with_key(events, "captureId", key), key)
        if record is not None:
            record_details.draw_event(record, data.all_events, chosen, EVENT, stacked=stacked)
        else:
            everywhere = records.event_by_key(record_details.rows_with_key(data.all_events, "captureId", key), key)
            messages.not_listed("captureId", key, "event", chosen, elsewhere=everywhere is not None)


@contextmanager
def _beside_details(data: FilteredData, events: RowSelection, chosen: Filters) -> Iterator[None]:
    """Draw the details of the selected event beside what is drawn in the ``with`` block.

    That stays in the same container with and without details, or the table would be drawn anew, at its top.
    """
    with st.container(horizontal=True):
        with st.container(width="stretch"):
            yield
        if st.query_params.get("captureId"):
            with st.container(width=DETAILS_PIXELS):
                draw_selected(data, events, chosen, stacked=True)


def page_of(
    data: FilteredData, rows: RowSelection, chosen: Filters, *, in_order: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """Return a page as a table and the keys of its rows, made once for all viewers.

    ``in_order``: the rows keep their order, else the newest is the first.
    """
    names = viewer_state.names()

    def make() -> tuple[pd.DataFrame, list[str]]:
        listed = rows.take_rows()
        order = records.given_order if in_order else newest_first
        return records.event_table(listed, chosen.tz, names, order), records.event_keys(listed, order)

    return data.memoize("event_page", make, rows.positions.tobytes(), chosen.tz, in_order, names)
