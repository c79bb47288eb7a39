"""Corrections of how Streamlit, Plotly and deck.gl behave in the browser (``static/browser_fixes.js``)."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.data import viewer_state
from dashboard.ui import link_parameters
from dashboard.ui.browser_component import component

DOWNLOAD_FAILED: Final = (
    "The download failed: the server that was asked for the file doesn't have it. Try again. If it fails each time, "
    "the proxy must send all requests of a browser to the same server (docs/deployment.md)."
)

_component = component("browser_fixes")


def load() -> None:
    """Let the browser run the corrections, outside of what is drawn again by a refresh."""
    found = _component(
        key="browser_fixes",
        height="content",
        on_lost_change=_replace_map,
        on_download_failed_change=link_parameters.restore,
    )
    if found.download_failed:
        st.toast(DOWNLOAD_FAILED, icon="⚠️", duration="long")


def _replace_map() -> None:
    """Callback: draw another map, because the browser has lost the WebGL context of this one.

    A slow browser, or one far away, says so again before it has the other one.
    """
    link_parameters.restore()
    viewer, lost = viewer_state.current(), dict(st.session_state.get("browser_fixes") or {}).get("lost")
    for name, state in (("session_map", viewer.map), ("store_map", viewer.store_map)):
        if lost == state.key(name):
            state.replace()
