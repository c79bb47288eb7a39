"""The page on a wall: without sidebar and tools, in large type, cycling through saved views where there are any."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.ui import link_parameters

PARAMETER: Final = "present"


def is_on() -> bool:
    """Whether the link asks for the page on a wall."""
    return st.query_params.get(PARAMETER) in ("1", "true")


def draw_button() -> None:
    """Draw the button that shows the page as on a wall."""
    st.button(
        "Present",
        key="present_button",
        on_click=_turn_on,
        help="For a screen on a wall: large, without tools. present=1",
    )


def draw_end_button() -> None:
    """Draw the button that leads back from the wall."""
    st.button("End presentation", key="present_end", type="tertiary", on_click=_turn_off)


def _turn_on() -> None:
    link_parameters.write(PARAMETER, "1")
    st.rerun()


def _turn_off() -> None:
    link_parameters.write(PARAMETER, None)
    st.rerun()
