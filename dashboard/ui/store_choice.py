"""The choice of stores to compare with: a list whose values are in the link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard.data import viewer_state
from dashboard.filters import write_value
from dashboard.ui import link_parameters, link_state
from gridrt_client.safe_text import read_shown

PARAMETER: Final = "compare"
MOST: Final = 8
"""The most stores that are compared: more lines can't be distinguished."""


def linked(most: int = MOST) -> tuple[str, ...]:
    """Return the stores that the link names, at most ``most``; the rest is said to be left out."""
    given = tuple(dict.fromkeys(read_shown(term) for term in st.query_params.get_all(PARAMETER) if term))
    if len(given) > most:
        link_state.note(PARAMETER, f"{PARAMETER} is in the link {len(given)} times: the first {most} are used.")
    return given[:most]


def choose(spaces: Sequence[str], label: str, help: str, most: int = MOST) -> tuple[str, ...]:
    """Draw the list of stores (each ``spaceId``) and return those that are chosen."""
    chosen, names = linked(most), viewer_state.names()
    link_parameters.show(PARAMETER, list(chosen))

    def write() -> None:
        terms = [write_value(space) for space in st.session_state[PARAMETER]]
        link_parameters.change({PARAMETER: terms})

    options = sorted({*spaces, *chosen}, key=lambda space: (names.of("spaceId", space).casefold(), space))
    st.multiselect(
        label,
        options,
        key=PARAMETER,
        format_func=lambda space: names.of("spaceId", space),
        max_selections=most,
        filter_mode="contains",
        placeholder="Choose stores" if most > 1 else "Choose a store",
        on_change=write,
        help=help,
    )
    return chosen
