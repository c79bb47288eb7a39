"""The record of one session: its fields."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.analysis.joined_events import COUNTS
from dashboard.analysis.session_course import SessionCourse
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import SHOWN, Filters
from dashboard.tables import records
from dashboard.ui import record_details
from gridrt_client.safe_text import shown
from gridrt_client.schema import SESSION


def find(data: FilteredData, sessionId: str) -> pd.Series | None:
    """Return the session that has this id, None where the API doesn't list it."""
    rows = record_details.rows_with_key(data.sessions, "sessionId", sessionId)
    record = records.session_by_key(rows, sessionId)
    return None if record is None else record.drop(list(COUNTS))


def say_not_listed(sessionId: str) -> None:
    """Say that only events of the session are known."""
    name = escape_markdown(shown(sessionId, SHOWN))
    st.info(
        f"The API doesn't list the session “{name}” (yet): only its events are known, not where it took place.",
        icon="🔎",
    )


def draw(record: pd.Series | None, course: SessionCourse, data: FilteredData, chosen: Filters) -> None:
    """Draw all fields of the session, where it is listed."""
    if record is None:
        return
    st.markdown("**Facts**")
    st.dataframe(
        records.event_facts(record, SESSION, chosen.tz),
        hide_index=True,
        key="fields",
        column_config=record_details.FIELDS_CONFIG,
        alt="All fields of the session, with their meaning.",
    )
