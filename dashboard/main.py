"""The script of every view: page config, gate, navigation, sidebar; then the view, in its frame (`frame`)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.data import demo, filtered_data, loader, tenant
from dashboard.filters import Filters, Scope
from dashboard.ui import filter_widgets, frozen_rows, link_state, messages, panels
from dashboard.ui.auto_refresh import code
from gridrt_client.errors import GridError

VIEWS = Path(__file__).parent.parent / "pages"
STYLE = Path(__file__).parent / "ui" / "style.css"


def navigation() -> st.Page:
    """The views, by absolute path: so every one of them runs inside this script, also on a deep link."""
    return st.navigation(
        [
            st.Page(VIEWS / "live.py", title="Overview", icon="📈", default=True),
            st.Page(VIEWS / "sessions.py", title="Sessions", icon="🗺️"),
            st.Page(VIEWS / "events.py", title="Events", icon="📊"),
            st.Page(VIEWS / "latest.py", title="Latest", icon="🚦"),
        ]
    )


def filters(page: st.Page) -> Filters:
    """Draw the filters; their options come from what the data holds."""
    settings = loader.connection().settings
    refresh = filter_widgets.asked_refresh(settings.refresh_seconds)
    scope = filter_widgets.asked_scope()
    with contextlib.suppress(GridError, loader.Pending):
        # All at once; what fails is met again when it is read.
        loader.ask(loader.needed(scope), refresh)
    counts = filtered_data.session_counts(refresh)

    def event_counts(scope: Scope) -> pd.Series:
        counts["eventType"] = filtered_data.event_counts(scope, refresh)
        return counts["eventType"]

    chosen = filter_widgets.draw(counts, event_counts, default_refresh=settings.refresh_seconds, view=page.url_path)
    st.session_state["_options"] = filter_widgets.options_of(counts)
    return chosen


def source() -> None:
    """Which tenant is watched; in demo mode, that it is a simulated one and how to watch a real one."""
    with st.sidebar:
        if tenant.is_demo():
            st.caption(
                "**Demo**: a simulated chain of stores. "
                "Set GRIDRT_TENANT_ID, GRIDRT_ACCESS_TOKEN and GRIDRT_REGION to watch your own tenant. "
                "Signals of an app under test: "
                f"GRID_SIGNALS_API={escape_markdown(demo.emulator().signals_url)}, tenantId {demo.TENANT_ID}"
            )
        else:
            st.caption(f"Tenant {escape_markdown(loader.connection().settings.tenant_id)}")


def main() -> None:
    st.set_page_config(page_title="Grid Real-time", page_icon="📡", layout="wide")
    st.html(STYLE)
    page = navigation()
    try:
        loader.begin(loader.PATIENCE_SECONDS)
    except GridError as error:
        with st.container(key="notice"):
            messages.refused(error, None)
        return
    if st.session_state.get("_title") != page.title:
        frozen_rows.forget()
        link_state.forget()
    st.session_state["_title"] = page.title
    link_state.look(panels.CHOICES)
    st.session_state["_filters"] = filters(page)
    source()
    page.run()
    code()


main()
