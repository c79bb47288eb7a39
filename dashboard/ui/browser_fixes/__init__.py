"""Corrections of how Streamlit, Plotly and deck.gl behave in the browser (``browser_fixes.js``)."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.data import viewer_state

_component = st.components.v2.component(
    "browser_fixes", js=Path(__file__).with_name("browser_fixes.js").read_text(encoding="utf-8")
)


def load() -> None:
    """Let the browser run the corrections, outside of what is drawn again by a refresh."""
    _component(key="browser_fixes", height="content", on_lost_change=_replace_map)


def _replace_map() -> None:
    """Callback: draw another map, because the browser has lost the WebGL context of this one."""
    viewer_state.current().map.losses += 1
