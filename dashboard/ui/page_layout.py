"""The frame that every view stands in: heading, freshness, notices, progress; drawn again without the sidebar.

The main area is one fragment. What a person does in it, and a refresh, runs it alone; what changes the filters of the
sidebar runs the whole script (`sidebar`).
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.analysis.status_reference import StatusReferenceError
from dashboard.data import filtered_data, loader
from dashboard.data.viewer_state import current_filters
from dashboard.filters import Filters
from dashboard.ui import messages
from dashboard.ui.auto_refresh import pulse
from gridrt_client.errors import GridError

View = Callable[[Filters], None]


def draw(view: View) -> None:
    """Draw a view in its frame, now and whenever there is something newer to tell."""

    @st.fragment(key="view")
    def framed() -> None:
        _framed(view, current_filters())

    framed()


def _framed(view: View, chosen: Filters) -> None:
    loader.begin()
    with st.container(key="head", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(st.session_state["_title"], anchor=False, width="content")
        fresh = st.container(key="freshness", width="content")
    notice = st.container(key="notice", gap="xxsmall")
    counts = filtered_data.counts(chosen)
    refused = False
    try:
        view(chosen)
    except loader.Pending:
        with notice:
            messages.under_way(loader.progress())
    except (GridError, StatusReferenceError) as error:
        refused = True
        with notice:
            messages.refused(error, chosen)
    with notice:
        messages.notices(chosen, counts, refused=refused)
    with fresh:
        pulse(chosen, waiting=not refused and loader.pending())
