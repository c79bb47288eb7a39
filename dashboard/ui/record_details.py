"""The fields of a selected record, and the events of its session."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.columns import ids_of
from dashboard.analysis.formatting import MISSING, escape_markdown
from dashboard.analysis.joined_events import RowSelection
from dashboard.data import viewer_state
from dashboard.filters import Filters
from dashboard.tables import records
from dashboard.ui import page_links
from dashboard.ui.selectable_table import time_columns
from gridrt_client.filtering import holds
from gridrt_client.safe_text import shown
from gridrt_client.schema import Schema

TIMELINE_ORDER = ("eventTime", "gap", "eventType", "productId", "categoryId", "str1", "str2", "int1", "int2")
LAST_FIELDS = ("tenantId", "sessionId", "dataResidency", "clientId", "ip", "captureId")
FIELDS_CONFIG = {
    "field": st.column_config.TextColumn(width=105),
    "value": st.column_config.TextColumn(width=200),
    "meaning": st.column_config.TextColumn(width=280),
}


def draw_event(
    record: pd.Series, events: RowSelection, chosen: Filters, schema: Schema, *, stacked: bool = False
) -> None:
    """Draw the fields of an event with their meaning for its type, and those of ``events`` in the same session."""
    kind = record["eventType"]
    title = escape_markdown(shown(kind, 60)) if isinstance(kind, str) else "Event"
    draw(title, record, events, chosen, schema, stacked=stacked)


def draw(
    title: str, record: pd.Series, events: RowSelection, chosen: Filters, schema: Schema, *, stacked: bool = False
) -> None:
    """Draw the fields of a record that have a value, and those of ``events`` in the same session.

    ``stacked``: one below the other, where the panel is narrow.
    """
    with st.container(border=True, key="facts"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{title}**", width="content")
            if isinstance(record["sessionId"], str) and record["sessionId"]:
                page_links.session_link(record["sessionId"])
        left, right = (st.container(), st.container()) if stacked else st.columns([3, 2])
        fields = filled_fields(record, schema, chosen)
        with left:
            st.dataframe(
                fields.sort_values("field", key=lambda names: names.isin(LAST_FIELDS), kind="stable"),
                hide_index=True,
                key="fields",
                height="content" if stacked else 460,
                column_config=FIELDS_CONFIG,
            )
        with right:
            _timeline(events, record["sessionId"], chosen)


def filled_fields(record: pd.Series, schema: Schema, chosen: Filters) -> pd.DataFrame:
    """Return the fields of a record that have a value, as `records.event_facts` does, with names in front of ids."""
    fields = records.event_facts(record, schema, chosen.tz, viewer_state.names())
    return fields[fields["value"] != MISSING].reset_index(drop=True)


def rows_with_key(rows: RowSelection, column: str, key: str) -> pd.DataFrame:
    """Return the rows that may have a key: those with this id, or without an id where the key is a fingerprint."""
    ids = rows.frame[column]
    mask = holds(ids, key)
    if key.startswith("~"):
        mask = mask | ids_of(ids).isna().to_numpy()
    found = rows.where(mask)
    return found.frame.take(found.positions)


def _timeline(events: RowSelection, session_id: object, chosen: Filters) -> None:
    """Draw the events of a session in order, with the gaps between them."""
    own = events.having("sessionId", session_id).take_rows() if isinstance(session_id, str) else events.take_rows(0, 0)
    rows = records.session_events(own, str(session_id), chosen.tz)
    if rows.empty:
        st.caption("This session has no events in the past 24 hours.")
        return
    st.dataframe(
        rows,
        hide_index=True,
        key="timeline",
        height=460,
        column_config=time_columns(rows, chosen.tz)
        | {"eventTime": st.column_config.DatetimeColumn(timezone=chosen.tz, format="HH:mm:ss")},
        column_order=TIMELINE_ORDER,
        placeholder="—",
        alt="Events of this session, in order.",
    )
