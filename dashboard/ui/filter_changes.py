"""Changes of the filters from outside the sidebar.

Callbacks end with ``st.rerun``, because otherwise only the fragment of the clicked element would run and the sidebar
would go on showing the old value.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.data import viewer_state
from dashboard.filters import DEFAULT_DISTINCT, SCOPE, read_value, write_time
from gridrt_client.safe_text import shown

RANGE: Final = ("from", "to")
"""The parameters of the time range."""


def clear() -> None:
    """Remove every filter and the time range."""
    for name in (*SCOPE, "eventType"):
        st.session_state[name] = None
    st.session_state["interactionType"] = "all"
    write_range(None, None)
    st.rerun()


def choose_default_columns() -> None:
    """Set ``distinctColumns`` to its default."""
    st.session_state["distinctColumns"] = list(DEFAULT_DISTINCT)
    st.rerun()


def toggle(name: str, value: str) -> None:
    """Set a filter to a value, or remove it where it has that value already."""
    st.session_state[name] = None if read_value(text_of(name)) == value else shown(value)
    st.rerun()


def set_range(start: pd.Timestamp | None, end: pd.Timestamp | None) -> None:
    """Set the time range, UTC; None leaves an end open."""
    write_range(write_time(start), write_time(end))
    st.rerun()


def whole_day_button() -> None:
    """Draw the button that removes the time range."""
    st.button("Back to 24 hours", on_click=set_range, args=(None, None), key="whole_day", icon="↩️")


def pause() -> None:
    """Pause refreshing, or resume it at the interval from before."""
    viewer = viewer_state.current()
    if st.session_state.get("refresh") == "off":
        st.session_state["refresh"], viewer.refresh_before_pause = viewer.refresh_before_pause, None
    else:
        viewer.refresh_before_pause = st.session_state.get("refresh")
        st.session_state["refresh"] = "off"
    st.rerun()


def write_range(start: str | None, end: str | None) -> None:
    """Write both ends into the link as one step of the browser's history.

    An end that is set and becomes None stays in the link with an empty value.
    """
    ends = {name: value or "" for name, value in zip(RANGE, (start, end), strict=True)}
    changed = {name: value for name, value in ends.items() if value or name in st.query_params}
    if any(st.query_params.get(name) != value for name, value in changed.items()):
        st.query_params.update(changed)


def text_of(name: str) -> str | None:
    """Return the text in the widget of this key, None where there is none."""
    value = st.session_state.get(name)
    return value if isinstance(value, str) and value else None
