"""Corrections of how Streamlit, Plotly and deck.gl behave in the browser (``static/browser_fixes.js``)."""

from __future__ import annotations

from dashboard.data import viewer_state
from dashboard.ui.browser_component import component

_component = component("browser_fixes")


def load() -> None:
    """Let the browser run the corrections, outside of what is drawn again by a refresh."""
    _component(key="browser_fixes", height="content", on_lost_change=_replace_map)


def _replace_map() -> None:
    """Callback: draw another map, because the browser has lost the WebGL context of this one."""
    viewer = viewer_state.current()
    viewer.map.losses += 1
    viewer.store_map.losses += 1
