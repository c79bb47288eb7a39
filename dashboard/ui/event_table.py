"""The tables of events, and the details of the selected one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.joined_events import RowSelection
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters
from dashboard.tables import records
from dashboard.ui import frozen_rows, messages, paged_table, record_details, selectable_table
from gridrt_client.schema import EVENT

FEED_ROWS = 15
FEED_ORDER = (
    "eventTime", "eventType", "interaction", "spaceId", "productId", "categoryId", "str1", "str2", "int1", "deviceId",
)  # fmt: skip


def draw(data: FilteredData, events: RowSelection, chosen: Filters) -> None:
    """Draw the table of all events, newest first, and the details of the selected one.

    ``events`` are those of ``data`` that are in the time range.
    """

    def make_page(rows: RowSelection) -> tuple[pd.DataFrame, list[str]]:
        return _page(data, rows, chosen)

    paged_table.draw(frozen_rows.EVENTS, frozen_rows.EVENTS_AHEAD, data, events, chosen, make_page)
    draw_selected(data, events, chosen)


def draw_feed(data: FilteredData, chosen: Filters) -> None:
    """Draw the newest events up to now, and the details of the selected one."""
    newest = data.events.split("eventTime", data.now)[0].first(FEED_ROWS)
    page = _page(data, newest, chosen)
    selectable_table.draw("event_feed", *page, selected="captureId", tz=chosen.tz, order=FEED_ORDER)
    draw_selected(data, data.events, chosen)


def draw_selected(data: FilteredData, events: RowSelection, chosen: Filters) -> None:
    """Draw the details of the event that the link names, or say why it isn't among ``events``."""
    key = st.query_params.get("captureId")
    with st.container():
        if not key:
            return
        record = records.event_by_key(record_details.rows_with_key(events, "captureId", key), key)
        if record is not None:
            record_details.draw_event(record, data.all_events, chosen, EVENT)
        else:
            everywhere = records.event_by_key(record_details.rows_with_key(data.all_events, "captureId", key), key)
            messages.not_listed("captureId", key, "event", chosen, elsewhere=everywhere is not None)


def _page(data: FilteredData, rows: RowSelection, chosen: Filters) -> tuple[pd.DataFrame, list[str]]:
    """Return a page as a table and the keys of its rows, made once for all viewers."""

    def make() -> tuple[pd.DataFrame, list[str]]:
        listed = rows.take_rows()
        return records.event_table(listed, chosen.tz), records.event_keys(listed)

    return data.memoize("event_page", make, rows.positions.tobytes(), chosen.tz)
