"""What needs attention now: how many things are in each alarming status, each a link to them."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis.formatting import escape_markdown, whole
from dashboard.analysis.status_reference import StatusReferenceError
from dashboard.data import things
from dashboard.data.loader import Pending
from dashboard.filters import Filters
from dashboard.ui.page_links import page_link
from gridrt_client.errors import GridError
from gridrt_client.safe_text import shown


def draw(chosen: Filters) -> None:
    """Draw a link for each status that needs attention; a sentence where none does or none is known."""
    with st.container(key="alarms", horizontal=True, gap="small", vertical_alignment="center"):
        try:
            alarms = things.alarms(chosen)
        except Pending:
            st.caption("Which things are offline or silent is being asked for.")
            return
        except (GridError, StatusReferenceError) as error:
            st.caption(escape_markdown(f"Which things are offline or silent is not known: {error}"))
            return
        for alarm in alarms:
            if alarm.count:
                with st.container(key=f"alarm_{alarm.kind}", width="content"):
                    page_link(
                        "latest",
                        f"{alarm.icon} {whole(alarm.count)} {shown(alarm.label, 40)}",
                        {"status": alarm.status},
                        help=f"Open Devices with those that are {alarm.label}.",
                    )
        if not any(alarm.count for alarm in alarms):
            st.caption("Nothing is offline, silent, flapping or unknown." if alarms else "No thing reports a status.")
