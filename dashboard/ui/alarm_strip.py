"""What needs attention now: how many things are offline, silent, flapping or unknown, each a link to them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.analysis.devices import TILES
from dashboard.analysis.formatting import escape_markdown, plural, whole
from dashboard.analysis.status_reference import StatusReferenceError
from dashboard.data import latest_events
from dashboard.data.loader import Pending
from dashboard.filters import Filters
from dashboard.ui.page_links import page_link
from gridrt_client.errors import GridError

ALARMS: Final = tuple(tile for tile in TILES if tile != "online")

UNFILTERED: Final = "Filters other than installation, store and device don't apply to things."


def draw(chosen: Filters) -> None:
    """Draw a link for each status that needs attention; a sentence where none does or none is known."""
    with st.container(key="alarms", horizontal=True, gap="small", vertical_alignment="center"):
        try:
            alarms = latest_events.alarms(chosen)
        except Pending:
            st.caption("Which things are offline or silent is being asked for.")
            return
        except GridError:
            st.caption("Which things are offline or silent is not known: the request for them failed.")
            return
        except StatusReferenceError as error:
            st.caption(escape_markdown(f"Which things are offline or silent is not known: {error}"))
            return
        if not alarms.things:
            st.caption("No thing reports a status.")
            return
        for tile in ALARMS:
            count, status = alarms.counts[tile], TILES[tile]
            with st.container(key=f"alarm_{tile}" if count else f"no_alarm_{tile}", width="content"):
                page_link(
                    "latest",
                    f"{status.icon} {whole(count)} {status.label.lower()}",
                    {"status": tile},
                    help=f"Those of {plural(alarms.things, 'thing')} that are {status.label.lower()}, on Devices.",
                )
        if chosen.beyond_things:
            st.caption(UNFILTERED, width="content")
