"""The layout of every page: header, filters, notices, progress; then what the page draws.

A page is one fragment: an action in it, and a refresh, runs it alone. Changes of the filters run the whole script
(`dashboard.main`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.analysis.names import NamesError
from dashboard.analysis.status_reference import StatusReferenceError
from dashboard.data import filtered_data, tenant, viewer_state
from dashboard.data.loader import Pending
from dashboard.data.page_runs import PAGE_RUNS
from dashboard.filters import Filters
from dashboard.ui import (
    auto_refresh,
    data_quality,
    filter_chips,
    link_parameters,
    messages,
    personal_data,
    present,
    search_box,
    share,
    sign_in,
    time_range,
)
from gridrt_client.errors import GridError


@contextmanager
def page() -> Iterator[Filters]:
    """Lay out a page around what is drawn in the ``with`` block, which gets the filters.

    Data that isn't there ends the block: with progress where the first answer is under way (`loader.Pending`), with a
    message where it can't be had (GridError, StatusReferenceError, NamesError).
    """
    with PAGE_RUNS.one(), _laid_out() as filters:
        yield filters


@contextmanager
def _laid_out() -> Iterator[Filters]:
    viewer = viewer_state.current()
    if viewer.is_drawn:
        link_parameters.accept()
        # The fragment runs alone, without the script, which checks who the viewer is and loads what the sidebar needs.
        if not sign_in.is_permitted(viewer):
            st.rerun()
        viewer.begin(viewer.loader.patience)
        viewer.counts = filtered_data.counts(viewer.filters)
    viewer.is_drawn = True
    with st.container(key="head", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.title(viewer.title, anchor=False, width="content")
            st.caption(escape_markdown(tenant.label(viewer.tenant)), width="content")
        age = st.container(key="freshness", width="content")
    tools = (
        None
        if viewer.presents
        else st.container(key="tools", horizontal=True, vertical_alignment="center", gap="small")
    )
    if not viewer.presents:
        filter_chips.draw(viewer.filters)
        search_box.draw_results(viewer.filters)
    personal_data.draw_remaining(viewer, viewer.filters.tz)
    notice = st.container(key="notice", gap="xxsmall")
    refused = False
    try:
        yield viewer.filters
    except Pending:
        with notice:
            messages.under_way(viewer.loader.progress())
    except (GridError, StatusReferenceError, NamesError) as error:
        refused = True
        with notice:
            messages.refused(error, can_retry=True)
    with notice:
        messages.notices(viewer, refused=refused)
    if tools is not None:
        with tools:
            time_range.draw(viewer.filters)
            data_quality.draw(viewer.quality)
            share.draw(viewer)
            present.draw_button()
            search_box.draw()
    with age:
        auto_refresh.draw(viewer.filters, waiting=not refused and viewer.loader.is_pending())
    if viewer.presents:
        present.draw_end()
