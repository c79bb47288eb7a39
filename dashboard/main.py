"""The script of every view: page config, gate, navigation, sidebar; then the view, in its frame (`frame`)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import data, demo, holding, link, panels, sidebar, states, tenant
from dashboard.filters import Filters, Scope
from dashboard.formatting import plain
from dashboard.pulse import code
from gridrt_client.errors import GridError

VIEWS = Path(__file__).parent.parent / "pages"
STYLE = Path(__file__).with_name("style.css")


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
    settings = data.connection().settings
    refresh = sidebar.asked_refresh(settings.refresh_seconds)
    scope = sidebar.asked_scope()
    with contextlib.suppress(GridError, data.Waiting):
        # All at once; what fails is met again when it is read.
        data.ask(data.needed(scope), refresh)
    counts = data.session_counts(refresh)

    def event_counts(scope: Scope) -> pd.Series:
        counts["eventType"] = data.event_counts(scope, refresh)
        return counts["eventType"]

    chosen = sidebar.draw(counts, event_counts, default_refresh=settings.refresh_seconds, view=page.url_path)
    st.session_state["_options"] = sidebar.options_of(counts)
    return chosen


def source() -> None:
    """Which tenant is watched; in demo mode, that it is a simulated one and how to watch a real one."""
    with st.sidebar:
        if tenant.is_demo():
            st.caption(
                "**Demo**: a simulated chain of stores. "
                "Set GRIDRT_TENANT_ID, GRIDRT_ACCESS_TOKEN and GRIDRT_REGION to watch your own tenant. "
                "Signals of an app under test: "
                f"GRID_SIGNALS_API={plain(demo.emulator().signals_url)}, tenantId {demo.TENANT_ID}"
            )
        else:
            st.caption(f"Tenant {plain(data.connection().settings.tenant_id)}")


def main() -> None:
    st.set_page_config(page_title="Grid Real-time", page_icon="📡", layout="wide")
    st.html(STYLE)
    page = navigation()
    try:
        data.begin(data.PATIENCE_SECONDS)
    except GridError as error:
        with st.container(key="notice"):
            states.refused(error, None)
        return
    if st.session_state.get("_title") != page.title:
        holding.forget()
        link.forget()
    st.session_state["_title"] = page.title
    link.look(panels.CHOICES)
    st.session_state["_filters"] = filters(page)
    source()
    page.run()
    code()


main()
