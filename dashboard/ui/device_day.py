"""The day of one attached device: three clocks, the strip of its status, and its changes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis import status_course
from dashboard.analysis.device_clocks import DeviceClocks, device_clocks
from dashboard.analysis.formatting import age, clock, escape_markdown, percent, plural
from dashboard.data import viewer_state
from dashboard.data.latest_events import DeviceStatuses
from dashboard.data.viewer_state import is_dark
from dashboard.figures.plotly_base import CONFIG
from dashboard.figures.status_strip import status_strip
from dashboard.filters import Filters
from dashboard.tables import device_rows
from dashboard.ui.page_links import page_link
from dashboard.ui.selectable_table import time_columns
from gridrt_client.safe_text import shown

MOST_CHANGES = 1_000
UNUSED_SECONDS = 3_600
"""A device that nobody has used for longer than this is said to be unused."""


def draw(row: pd.Series, found: DeviceStatuses, chosen: Filters) -> None:
    """Draw the day of the thing that a row of `devices.Devices` is about."""
    device = row["deviceId"] if isinstance(row["deviceId"], str) else None
    clocks = device_clocks(found.past.database, device, found.now) if device else None
    course = status_course.course(found.devices, int(row["place"]), *found.window)
    with st.container(border=True, key="device_day"):
        (name,) = device_rows.thing_names(row.to_frame().T, viewer_state.names())
        st.markdown(f"**{escape_markdown(name or 'Thing without a name')}**")
        st.markdown(escape_markdown(sentence(row, clocks, found.now)))
        _clocks(row, clocks, found, chosen)
        st.plotly_chart(
            status_strip(course, found.window, chosen.tz, is_dark()),
            key="status_strip",
            config=CONFIG,
            height=150,
            alt=f"Status over the past 24 hours: {status_course.in_words(course)}.",
        )
        st.caption(escape_markdown(_numbers(row, course)))
        _changes(course, chosen)


def sentence(row: pd.Series, clocks: DeviceClocks | None, now: pd.Timestamp) -> str:
    """Return what the three clocks say together."""
    said, kind = shown(row["status"], 40), row["kind"]
    note = " It is gone from the newest answer of the API." if row["gone"] else ""
    if kind == "silent":
        quiet = "" if pd.isna(row["silence"]) else f" for {age(row['silence'])}"
        limit = f"; it is silent after {age(row['silent_after'])}" if pd.notna(row["silent_after"]) else ""
        return f"Silent: it said {said} last, and has not been heard{quiet}{limit}.{note}"
    flaps = " Its status changes often: it is flapping." if row["flapping"] else ""
    if kind == "offline":
        return f"Offline: its last report says {said}.{flaps}{note}"
    if kind == "unknown":
        return f"Its status isn't known: its last report says {said}.{flaps}{note}"
    return f"Online, {_use(clocks, now)}.{flaps}{note}"


def _use(clocks: DeviceClocks | None, now: pd.Timestamp) -> str:
    if clocks is None:
        return "on a device that isn't named, so whether anybody uses it isn't known"
    if clocks.last_interaction is None:
        return "but nobody has used its device in the past 24 hours"
    seconds = (now - clocks.last_interaction).total_seconds()
    if seconds > UNUSED_SECONDS:
        return f"but nobody has used its device for {age(seconds)}"
    return f"and in use: somebody used its device {age(seconds)} ago"


def _clocks(row: pd.Series, clocks: DeviceClocks | None, found: DeviceStatuses, chosen: Filters) -> None:
    """Draw the last status, and the last event and the last interaction of the device, with a link to its session."""
    times: dict[str, pd.Timestamp | None] = {
        "Last status": None if pd.isna(row["last_seen"]) else row["last_seen"],
        "Last event of its device": clocks.last_event if clocks else None,
        "Last interaction on its device": clocks.last_interaction if clocks else None,
    }
    with st.container(horizontal=True, key="device_clocks"):
        for label, moment in times.items():
            unknown = "none in 24 h" if clocks and label != "Last status" else "not known"
            distance = unknown if moment is None else f"{age((found.now - moment).total_seconds())} ago"
            with st.container(width="content", gap=None):
                st.caption(label)
                st.markdown(f"**{distance}**  \n{escape_markdown(clock(moment, chosen.tz))}")
    if clocks and clocks.newest_session:
        page_link("sessions", "Newest session of its device", {"sessionId": clocks.newest_session}, icon="🧾")


def _numbers(row: pd.Series, course: list[status_course.Segment]) -> str:
    up = "not known" if pd.isna(row["up"]) else percent(row["up"], 1)
    return f"{status_course.in_words(course)}. {plural(int(row['flaps']), 'change')}; up {up} of the known time."


def _changes(course: list[status_course.Segment], chosen: Filters) -> None:
    """Draw the table of changes, the newest first."""
    table = device_rows.changes_table(course[-MOST_CHANGES:], chosen.tz)
    st.dataframe(
        table,
        hide_index=True,
        key="status_changes",
        height=min(36 * (len(table) + 1) + 3, 300),
        column_config=time_columns(table, chosen.tz),
        alt="Changes of the status in the past 24 hours, the newest first.",
    )
    if len(course) > MOST_CHANGES:
        st.caption(f"The newest {MOST_CHANGES:,} of {plural(len(course), 'part')} of the day.")
