"""What is kept per viewer between two runs of the script."""

from __future__ import annotations

import streamlit as st

from dashboard.filters import Filters, is_zone


def current_filters() -> Filters:
    """The filters that the widgets of this run say."""
    chosen: Filters = st.session_state["_filters"]
    return chosen


def browser_zone() -> str:
    """The browser's time zone, UTC where it says none or one that this server doesn't know."""
    name = st.context.timezone
    return name if name and is_zone(name) else "UTC"
