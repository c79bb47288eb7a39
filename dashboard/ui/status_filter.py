"""The tiles above the table of devices, and the choice of all latest events instead of the things."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.devices import TILES, Devices, listed
from dashboard.analysis.formatting import age, escape_markdown, plural, whole
from dashboard.analysis.status_reference import Status, Thresholds
from dashboard.filters import Filters
from dashboard.ui import link_parameters
from gridrt_client.safe_text import shown

ROWS: Final = ("monitoring", "all")


def draw_tiles(devices: Devices, thresholds: Thresholds) -> None:
    """Draw how many things are offline, silent, flapping, unknown and online; a click lists them."""
    meanings = {
        "offline": "Things whose last report says that they are offline, and which are not silent.",
        "silent": f"Things not heard for longer than {thresholds.silent_factor:g} times their own usual gap between "
        f"reports, and for longer than {age(thresholds.silent_floor_seconds)}, whatever they said last.",
        "flapping": f"Things whose status changed more than {thresholds.flapping_changes} times within an hour, the "
        "last time in the past hour. They are in the tile of their status, too.",
        "unknown": "Things whose last report has a status without a meaning here, or none, and which are not silent.",
        "online": "Things whose last report says that they are online, and which are not silent.",
    }
    with st.container(horizontal=True, gap="small", key="status_tiles"):
        for tile, status in TILES.items():
            _tile(tile, status, devices.counts[tile], meanings[tile])


def say_what_applies(chosen: Filters, *, ranged: bool) -> None:
    """Say what the status of things doesn't depend on; ``ranged``: there are numbers of a time range."""
    parts = []
    if chosen.beyond_things:
        parts.append(
            "Filters other than installation, store and device don't apply to the status of things, only to all latest "
            "events."
        )
    if ranged:
        parts.append("Flaps and % up are of the time range; statuses and strips are of the past 24 hours.")
    with st.container():
        if parts:
            st.caption(" ".join(parts))


def _tile(tile: str, status: Status, count: int, meaning: str) -> None:
    is_chosen = st.query_params.get("status") == tile
    with (
        st.container(key=f"tile_{tile}", width="stretch", gap=None),
        st.container(key="chosen_tile" if is_chosen else None, gap=None),
    ):
        st.button(
            f"**{whole(count)}** {status.icon} {status.label}{' ✓' if is_chosen else ''}",
            key=f"choose_{tile}",
            width="stretch",
            on_click=_choose,
            args=(None if is_chosen else tile,),
            help=f"{meaning} A click lists {'all things again' if is_chosen else 'them'}.",
        )


def _choose(tile: str | None) -> None:
    """Callback: list the things of a tile, or all; the list of all latest events is left."""
    link_parameters.change({"rows": None, "status": tile})


def choose_rows(devices: Devices) -> bool:
    """Return whether all latest events are listed: where they are asked for."""
    labels = {"monitoring": f"monitoring: {whole(len(devices.rows))}", "all": "all latest events"}
    return link_parameters.segments("rows", labels, label="Rows", default="monitoring") == "all"


def chosen_status(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the tile or of the label of the status reference that the link names, all without one."""
    linked = st.query_params.get("status")
    with st.container():
        if not linked:
            return rows
        if linked in TILES:
            return listed(rows, linked)
        found = rows[rows["status"] == linked]
        with st.container(key="status", horizontal=True, vertical_alignment="center"):
            st.markdown(
                escape_markdown(f"The last report says {shown(linked, 40)}: {plural(len(found), 'row')}."),
                width="content",
            )
            st.button("Show all", key="any_status", on_click=_choose, args=(None,))
        return found
