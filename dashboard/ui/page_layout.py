"""The layout of every page: heading, age of the data, notices, progress; then what the page draws.

A page is one fragment: an action in it, and a refresh, runs it alone. Changes of the filters in the sidebar run the
whole script (`dashboard.main`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.analysis.status_reference import StatusReferenceError
from dashboard.data import filtered_data, viewer_state
from dashboard.data.loader import Pending
from dashboard.filters import Filters
from dashboard.ui import auto_refresh, messages
from gridrt_client.errors import GridError


@contextmanager
def page() -> Iterator[Filters]:
    """Lay out a page around what is drawn in the ``with`` block, which gets the filters.

    Data that isn't there ends the block: with progress where the first answer is under way (`loader.Pending`), with a
    message where it can't be had (GridError, StatusReferenceError).
    """
    viewer = viewer_state.current()
    if viewer.is_drawn:
        # The fragment runs alone, without the script, which loads what the sidebar needs.
        viewer.begin(viewer.loader.patience)
        viewer.counts = filtered_data.counts(viewer.filters)
    viewer.is_drawn = True
    with st.container(key="head", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(viewer.title, anchor=False, width="content")
        age = st.container(key="freshness", width="content")
    notice = st.container(key="notice", gap="xxsmall")
    refused = False
    try:
        yield viewer.filters
    except Pending:
        with notice:
            messages.under_way(viewer.loader.progress())
    except (GridError, StatusReferenceError) as error:
        refused = True
        with notice:
            messages.refused(error, can_retry=True)
    with notice:
        messages.notices(viewer, refused=refused)
    with age:
        auto_refresh.draw(viewer.filters, waiting=not refused and viewer.loader.is_pending())
