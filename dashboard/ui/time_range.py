"""The time range of every view: spans before now, and any other by a slider or as text."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.data import viewer_state
from dashboard.filters import Filters, Window, parse_time, write_time
from dashboard.ui import link_parameters
from dashboard.ui.filter_changes import RANGE, write_range

PRESETS: Final = {"now-15m": "15 min", "now-1h": "1 h", "now-3h": "3 h", "now-6h": "6 h", "now-12h": "12 h", "": "24 h"}
"""What a person reads for each begin of the range that the link may hold; without one it is the 24 hours."""
STEP: Final = timedelta(minutes=5)
_NOTE: Final = (
    "UTC unless it says otherwise, such as 2026-11-23T12:20Z or +01:00; or before now, such as now-3h. "
    "A drag over a figure of events over time sets it, too."
)


def draw(chosen: Filters) -> None:
    """Draw the choice of the time range, from the moment of the data that the view has loaded."""
    window = viewer_state.current().loader.window()
    with st.container(key="time_range", horizontal=True, vertical_alignment="center", gap="small", width="content"):
        begin, end = (st.query_params.get(name) or "" for name in RANGE)
        preset = begin if begin in PRESETS and end in ("", "now") else None
        link_parameters.show("range_preset", preset)
        st.segmented_control(
            "Time range",
            list(PRESETS),
            format_func=PRESETS.__getitem__,
            required=preset is not None,
            key="range_preset",
            label_visibility="collapsed",
            on_change=_take_preset,
        )
        # The chosen range stands beside it: a popover whose label changes is closed.
        with st.popover("Custom", key="custom_range", on_change=link_parameters.restore) as custom:
            if custom.open:
                _custom(chosen, window)
        if preset is None and (words := range_words(chosen, window)):
            st.caption(words, width="content")


def range_words(chosen: Filters, window: Window) -> str:
    """Return the shown time range as a person reads it in its time zone, ``10:00 to 11:30``; empty for none."""
    span = chosen.span(window)
    if span is None:
        return ""
    start, end = (moment.tz_convert(chosen.tz) for moment in span)
    days = start.date() != end.date()
    return f"{start:%a %H:%M} to {end:%a %H:%M}" if days else f"{start:%H:%M} to {end:%H:%M}"


def _take_preset() -> None:
    begin = st.session_state["range_preset"]
    if begin is not None:
        write_range(begin or None, None)
    st.rerun()


def _custom(chosen: Filters, window: Window) -> None:
    """Draw a slider over the 24 hours and two text inputs."""
    start, end = (moment.tz_convert(chosen.tz).tz_localize(None) for moment in window)
    low, high = start.floor(STEP).to_pydatetime(), end.ceil(STEP).to_pydatetime()
    span = chosen.span(window) or window
    ends = [moment.tz_convert(chosen.tz).tz_localize(None).to_pydatetime() for moment in span]
    # Always, because with other bounds it is another slider.
    st.session_state["range_slider"] = tuple(min(max(end, low), high) for end in ends)

    def slide() -> None:
        write_range(*(_written(moment, chosen.tz) for moment in st.session_state["range_slider"]))
        st.rerun()

    st.slider(
        f"From and to, {chosen.tz}",
        low,
        high,
        step=STEP,
        format="ddd HH:mm",
        key="range_slider",
        on_change=slide,
    )
    for name in RANGE:
        link_parameters.show(f"{name}_input", st.query_params.get(name) or None)
        st.text_input(name, key=f"{name}_input", on_change=_take_typed, placeholder="2026-11-23T12:20Z", help=_NOTE)


def _written(moment: datetime, tz: str) -> str | None:
    # Where the clock is put back, the first of the two hours; where it is put forward, the next moment that there is.
    local = pd.Timestamp(moment).tz_localize(tz, ambiguous=True, nonexistent="shift_forward")
    return write_time(local)


def _take_typed() -> None:
    write_range(*(_canonical_time(st.session_state[f"{name}_input"]) for name in RANGE))
    st.rerun()


def _canonical_time(text: str | None) -> str | None:
    """Return a typed time as the link writes it; a text that is no time unchanged."""
    moment = parse_time(text) if text else None
    return text if moment is None else write_time(moment)
