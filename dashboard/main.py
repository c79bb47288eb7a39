"""The script of every run: page configuration, settings, navigation, filters; then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.data import loader, tenant, viewer_state
from dashboard.data.demo import DEMO, TENANT_ID
from dashboard.ui import browser_fixes, filter_widgets, link_state, messages
from gridrt_client.errors import GridError

PAGES = Path(__file__).parent.parent / "pages"
STYLE = Path(__file__).parent / "ui" / "style.css"


def main() -> None:
    st.set_page_config(page_title="Grid Real-time", page_icon="📡", layout="wide")
    st.html(STYLE)
    page = navigation()
    viewer = viewer_state.current()
    try:
        viewer.begin(loader.PATIENCE_SECONDS)
    except GridError as error:
        with st.container(key="notice"):
            messages.refused(error)
        return
    page_changed = viewer.open_page(page.url_path, page.title)
    link_state.check()
    viewer.filters = filter_widgets.draw(viewer, page_changed=page_changed)
    draw_source(viewer.loader.connection.settings.tenant_id)
    page.run()
    browser_fixes.load()


def navigation() -> st.Page:
    """Return the page that is open. Pages are named by absolute path, so that they run only inside this script."""
    return st.navigation(
        [
            st.Page(PAGES / "live.py", title="Overview", icon="📈", default=True),
            st.Page(PAGES / "sessions.py", title="Sessions", icon="🗺️"),
            st.Page(PAGES / "events.py", title="Events", icon="📊"),
            st.Page(PAGES / "latest.py", title="Latest", icon="🚦"),
            st.Page(PAGES / "analytics.py", title="Behaviour", icon="🧭"),
            st.Page(PAGES / "session.py", title="Session", icon="🧾"),
        ]
    )


def draw_source(tenant_id: str) -> None:
    """Say which tenant is shown; in demo mode, that it is simulated and how to show a real one."""
    with st.sidebar:
        if tenant.is_demo():
            st.caption(
                "**Demo**: a simulated chain of stores. "
                "Set GRIDRT_TENANT_ID, GRIDRT_ACCESS_TOKEN and GRIDRT_REGION to watch your own tenant. "
                "Signals of an app under test: "
                f"GRID_SIGNALS_API={escape_markdown(DEMO.emulator().signals_url)}, tenantId {TENANT_ID}"
            )
        else:
            st.caption(f"Tenant {escape_markdown(tenant_id)}")


main()
