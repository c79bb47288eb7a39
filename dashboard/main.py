"""The script of every run: page configuration, settings, navigation, filters; then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.analysis.names import NamesError
from dashboard.data import loader, saved_views, tenant, viewer_state
from dashboard.data.demo import DEMO, TENANT_ID
from dashboard.data.first_runs import FIRST_RUNS, HEADER
from dashboard.data.saved_views import FOLDER, STATUS, SavedViewsError
from dashboard.data.sign_in_settings import SignInError
from dashboard.data.viewer_state import ViewerState
from dashboard.ui import (
    browser_fixes,
    filter_widgets,
    link_parameters,
    link_state,
    messages,
    page_links,
    personal_data,
    present,
    sign_in,
)
from gridrt_client.errors import GridError

STYLE = Path(__file__).parent / "ui" / "style.css"


def main() -> None:
    st.set_page_config(page_title="Grid Real-time", page_icon="📡", layout="wide")
    st.html(STYLE)
    viewer = viewer_state.current()
    removed = link_state.limit()
    link_parameters.accept()
    viewer.presents = present.is_on()
    page = opened_page()
    try:
        if not sign_in.enter(viewer):
            return
        if not viewer.presents:
            sign_in.draw_tenant(viewer)
            draw_links(viewer)
        if page.url_path == STATUS:
            # It needs neither data nor filters, and works when these can't be had.
            viewer.open_page(page.url_path, page.title)
            sign_in.draw_account(viewer)
            page.run()
            browser_fixes.load()
            return
        saved_views.saved_views()
        viewer.begin(loader.PATIENCE_SECONDS)
    except (GridError, NamesError, SavedViewsError, SignInError) as error:
        with st.container(key="notice"):
            messages.refused(error)
        return
    viewer.open_page(page.url_path, page.title)
    link_state.check()
    for name, sentence in removed.items():
        # Not under the name of a widget, whose next value would end the note.
        link_state.note(f"?{name}", sentence)
    viewer.filters = filter_widgets.draw(viewer)
    # Streamlit goes on showing a sidebar that has become empty.
    st.set_page_config(
        page_title=window_title(viewer), initial_sidebar_state="collapsed" if viewer.presents else "auto"
    )
    if not viewer.presents:
        draw_saved_views()
        personal_data.draw_button(viewer)
        draw_source(viewer)
        sign_in.draw_account(viewer)
    with st.container(key="present" if viewer.presents else "view"):
        page.run()
    if viewer.presents:
        present.cycle(page_of(viewer))
    browser_fixes.load()


def opened_page() -> st.Page:
    """Return the page that is open.

    Pages are named by absolute path, so that they run only inside this script.
    """
    pages = [
        st.Page(FOLDER / f"{name}.py", title=title, icon=icon, default=name == "live")
        for name, (title, icon) in {**page_links.VIEWS, STATUS: page_links.STATUS_LINK}.items()
    ]
    return st.navigation(pages, position="hidden")


def draw_links(viewer: ViewerState) -> None:
    """Draw links to the pages that the viewer may see.

    The links hold the filters: Streamlit's own would lead to the page without them, and the page could not tell a click
    on one from Back to a page without filters.
    """
    with st.sidebar, st.container(key="views", gap="xxsmall"):
        for name, (title, icon) in page_links.VIEWS.items():
            page_links.page_link(name, title, icon=icon)
        if viewer.permissions.may_see_status:
            title, icon = page_links.STATUS_LINK
            page_links.page_link(STATUS, title, icon=icon)


def window_title(viewer: ViewerState) -> str:
    """Return the title of the browser's window: the view, its stores and devices, the tenant."""
    names = viewer_state.names()
    scope = [names.of(one.field, value, 24) for one in viewer.filters.scope for value in one.included[:2]]
    return " · ".join((viewer.title, *scope, tenant.label(viewer.tenant), "Grid Real-time"))


def page_of(viewer: ViewerState) -> str:
    """Return the file of ``pages`` that is open, without its suffix."""
    return viewer.page or "live"


def draw_saved_views() -> None:
    """Draw links to the saved views."""
    with st.sidebar:
        views = saved_views.saved_views()
        if views:
            st.caption("Saved views")
        for view in views:
            st.page_link(
                FOLDER / f"{view.page}.py", label=escape_markdown(view.name), icon="⭐", query_params=view.parameters
            )


def draw_source(viewer: ViewerState) -> None:
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
            st.caption(f"Tenant {escape_markdown(viewer.loader.connection.settings.tenant_id)}")


with FIRST_RUNS.run(st.context.headers.get(HEADER)):
    main()
