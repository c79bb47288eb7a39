"""The page on a wall: without sidebar and tools, in large type; where it is asked to, one saved view after another."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.data.saved_views import FOLDER, SavedView, saved_views
from dashboard.ui import link_parameters

PARAMETER: Final = "present"
CYCLE: Final = "cycle"
"""The parameter with the seconds after which the next saved view is shown."""
SHORTEST_CYCLE: Final = 10


def is_on() -> bool:
    """Whether the link asks for the page on a wall."""
    return st.query_params.get(PARAMETER) in ("1", "true")


def draw_button() -> None:
    """Draw the button that shows the page as on a wall."""
    st.button("Present", key="present_button", on_click=_turn_on, help="present=1: for a screen on a wall.")


def draw_end() -> None:
    """Draw the button that leads back from the wall."""
    st.button("End presentation", key="present_end", type="tertiary", on_click=_turn_off)


def cycle(page: str) -> None:
    """Show the saved view after this page when the seconds that the link names have passed."""
    views = saved_views()
    seconds = link_parameters.number(CYCLE, 0)
    if not views or not seconds:
        return
    parameters = link_parameters.given()
    here = next((place for place, view in enumerate(views) if _is_at(view, page, parameters)), -1)
    following = views[(here + 1) % len(views)]
    interval = max(seconds, SHORTEST_CYCLE)
    drawn = False

    def turn() -> None:
        nonlocal drawn
        if drawn:
            target = following.parameters | {PARAMETER: ["1"], CYCLE: [str(interval)]}
            st.switch_page(FOLDER / f"{following.page}.py", query_params=target)
        drawn = True

    st.fragment(turn, run_every=interval)()


def _is_at(view: SavedView, page: str, parameters: dict[str, list[str]]) -> bool:
    given = {name: values for name, values in parameters.items() if name not in (PARAMETER, CYCLE)}
    return view.page == page and view.parameters == given


def _turn_on() -> None:
    link_parameters.write(PARAMETER, "1")
    st.rerun()


def _turn_off() -> None:
    link_parameters.change({CYCLE: None, PARAMETER: None})
    st.rerun()
