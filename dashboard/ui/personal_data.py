"""Showing personal data in the clear: a deliberate act of a permitted viewer, for a limited time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import age, clock
from dashboard.data import audit, viewer_state
from dashboard.data.loader import seconds_until
from dashboard.data.viewer_state import ViewerState
from dashboard.ui import link_parameters, sign_in

SHOWN_FOR: Final = timedelta(minutes=10)


def draw_button(viewer: ViewerState) -> None:
    """Draw the button in the sidebar that opens the question; nothing where the viewer may not see personal data."""
    if viewer.permissions.may_see_personal_data and not viewer.shows_personal_data:
        with st.sidebar:
            asked = st.button(
                "Show personal data", key="show_personal_data", icon="👁️", on_click=link_parameters.restore
            )
        if asked:
            _ask()


@st.dialog("Show personal data?", icon="👁️")
def _ask() -> None:
    st.markdown(
        f"For {age(SHOWN_FOR.total_seconds())} all views show you contacts, client ids, IP addresses, e-mail addresses "
        "and phone numbers as they are, and exports hold them. Others go on seeing pseudonyms. "
        "That you did this, when and in which view is written to the audit log."
    )
    with st.container(horizontal=True):
        st.button("Show", key="confirm_personal_data", type="primary", on_click=show)
        st.button("Cancel", key="cancel_personal_data", on_click=_cancel)


def show() -> None:
    """Callback: show the viewer personal data from now on, if that is permitted."""
    link_parameters.restore()
    viewer = viewer_state.current()
    if sign_in.is_permitted(viewer) and viewer.permissions.may_see_personal_data:
        viewer.personal_data_until = datetime.now(UTC) + SHOWN_FOR
        audit.unmasked(viewer.permissions.who, viewer.title, viewer.personal_data_until)
    st.rerun()


def _cancel() -> None:
    link_parameters.restore()
    st.rerun()


def hide() -> None:
    """Callback: show pseudonyms again."""
    link_parameters.restore()
    viewer_state.current().personal_data_until = None
    # As a whole: the button in the sidebar comes back.
    st.rerun()


def draw_remaining(viewer: ViewerState, tz: str) -> None:
    """Say that personal data is shown and for how long, with a button that ends it; nothing while it isn't."""
    until = viewer.personal_data_until
    if until is None or not viewer.loader.clear:
        return
    with st.container(key="personal_data", horizontal=True, vertical_alignment="center", gap="small"):
        moment, left = clock(pd.Timestamp(until), tz), age(max(0.0, seconds_until(until)))
        st.markdown(f":orange-badge[👁️ Personal data is shown until {moment}, {left} left]", width="content")
        st.button("Hide again", key="hide_personal_data", type="tertiary", on_click=hide)
