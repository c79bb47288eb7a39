"""The record of one session: its fields, its place on the map, and the status of its device at the time."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard.analysis import map_points
from dashboard.analysis.device_reports import device_reports
from dashboard.analysis.formatting import escape_markdown, is_missing, number
from dashboard.analysis.joined_events import COUNTS
from dashboard.analysis.session_course import SessionCourse
from dashboard.data import latest_events, viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures.session_place import session_place
from dashboard.filters import SHOWN, Filters
from dashboard.tables import records
from dashboard.ui import record_details
from dashboard.ui.selectable_table import time_columns
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


def draw(record: pd.Series, course: SessionCourse, data: FilteredData, chosen: Filters) -> None:
    """Draw all fields of a session, its place, and what its device's things reported."""
    left, right = st.columns([3, 2])
    with left:
        st.markdown("**Facts**")
        st.dataframe(
            record_details.filled_fields(record, SESSION, chosen),
            hide_index=True,
            key="fields",
            height=460,
            column_config=record_details.FIELDS_CONFIG,
            alt="The fields of the session that have a value, with their meaning.",
        )
    with right:
        _place(record)
    _device(record, course, data, chosen)


def _place(record: pd.Series) -> None:
    st.markdown("**Place**")
    located, _ = map_points.split_located(record.to_frame().T.infer_objects())
    if located.empty:
        st.caption("The session has no location that a map can show.")
        return
    latitude, longitude, metres = (float(record[name]) for name in ("latitude", "longitude", "locationAccuracy"))
    accuracy = metres if math.isfinite(metres) and metres > 0 else None
    where = f"{latitude:.5f}°, {longitude:.5f}°"
    about = f"within {number(accuracy)} m" if accuracy else "of unknown accuracy"
    with st.container(key="session_place"):
        st.pydeck_chart(
            session_place(latitude, longitude, accuracy, is_dark()),
            key="session_place_map",
            height=320,
            alt=f"Map of the session's place, {where}, {about}.",
        )
    st.caption(f"{where}, {about}.")


def _device(record: pd.Series, course: SessionCourse, data: FilteredData, chosen: Filters) -> None:
    st.markdown("**Its device at the time**")
    device = record["deviceId"]
    if is_missing(device) or device == "":
        st.caption("The session names no device: phones and browsers have none.")
        return
    start = record["sessionCreated"] if course.start is None else course.start
    if is_missing(start):
        st.caption("It is not known when the session was, so neither is its device's status.")
        return
    reports = device_reports(data.joined.database, device, start, course.end or start)
    name = escape_markdown(viewer_state.names().of("deviceId", device))
    if reports.empty:
        st.caption(f"{name} has no monitoring events from before or during the session.")
        return
    reference, names = latest_events.reference(), viewer_state.names()
    table = reports.assign(thing=[names.of("thing", thing, 60) for thing in reports["thing"]])
    for moment in ("start", "end"):
        known = reports["reported before the start" if moment == "start" else "last reported"].notna()
        words = [
            reference.of(value).words if there else None
            for value, there in zip(reports[f"int1 at the {moment}"], known, strict=True)
        ]
        table[f"int1 at the {moment}"] = pd.Series(words, dtype="str")
    table = table.rename(columns={f"int1 at the {moment}": f"at the {moment}" for moment in ("start", "end")})
    st.caption(
        f"What {name} last reported of each thing before the session began, and by its end.",
        help="MONITOR_* events of the past 24 hours that sessions of this device sent. A report stays as it is until "
        "the next one, however long that takes.",
    )
    st.dataframe(
        table,
        hide_index=True,
        key="session_device",
        column_config=time_columns(table, chosen.tz),
        placeholder="—",
        alt="Status of the device's things at the begin and the end of the session.",
    )
