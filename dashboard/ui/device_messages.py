"""Messages of the view of devices."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.filters import Filters
from dashboard.ui import filter_changes, messages
from gridrt_client.errors import GridError


def nothing_in_status() -> None:
    """Say that nothing has the status that the link names."""
    st.info("Nothing is in the chosen status now. Choose another one above, or none to see all.", icon="🔍")


def choose_columns() -> None:
    """Say that at least one distinct column has to be chosen: the API needs one."""
    st.info(
        "Choose at least one of distinctColumns in the sidebar: the newest event is looked up for each combination."
    )
    st.button("Use str1, str2 and deviceId", key="default_columns", on_click=filter_changes.choose_default_columns)


def without_monitors(chosen: Filters, nothing: bool, *, any_events: bool) -> None:
    """Say that no attached device reports a status; ``any_events``: other latest events are listed below."""
    with st.container():
        if not nothing:
            return
        if not any_events:
            messages.empty("latest events", chosen, scope_has_any=False)
            return
        where = ", ".join(messages.filter_sentences(replace(chosen, conditions=chosen.scope, interactionType="all")))
        message = (
            f"No monitoring events{f' with {where}' if where else ''} in the past 24 hours: nothing attached to a "
            "device reports a status here. The newest events of other types are listed."
        )
        st.info(escape_markdown(message), icon="🔌")


def without_history(error: GridError | None) -> None:
    """Say that it isn't known since when each status holds, where events are missing."""
    with st.container():
        if error is not None:
            unknown = "Since when each status holds and how the day was isn't known"
            message = f"{unknown}, because the events are missing. {error}"
            st.warning(escape_markdown(message), icon="⚠️")
