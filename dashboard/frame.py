"""The frame that every view stands in: heading, freshness, notices, progress; drawn again without the sidebar.

The main area is one fragment. What a person does in it, and a refresh, runs it alone; what changes the filters of the
sidebar runs the whole script (`sidebar`).
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import data, filters, states
from dashboard.filters import Filters
from dashboard.pulse import pulse
from dashboard.status import StatusReferenceError
from gridrt_client.errors import GridError

View = Callable[[Filters], None]


def draw(view: View) -> None:
    """Draw a view in its frame, now and whenever there is something newer to tell."""

    @st.fragment(key="view")
    def framed() -> None:
        _framed(view, filters.current())

    framed()


def _framed(view: View, chosen: Filters) -> None:
    data.begin()
    with st.container(key="head", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(st.session_state["_title"], anchor=False, width="content")
        fresh = st.container(key="freshness", width="content")
    notice = st.container(key="notice", gap="xxsmall")
    counts = data.counts(chosen)
    refused = False
    try:
        view(chosen)
    except data.Waiting:
        with notice:
            states.under_way(data.progress())
    except (GridError, StatusReferenceError) as error:
        refused = True
        with notice:
            states.refused(error, chosen)
    with notice:
        states.notices(chosen, counts, refused=refused)
    with fresh:
        pulse(chosen, waiting=not refused and data.pending())
