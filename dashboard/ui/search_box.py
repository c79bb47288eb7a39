"""Search over everything of the 24 hours; each result leads to its view."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.analysis import search
from dashboard.analysis.formatting import escape_markdown, whole
from dashboard.analysis.names import field_label
from dashboard.data import filtered_data, viewer_state
from dashboard.data.loader import Pending
from dashboard.filters import Filters, write_value
from dashboard.ui import link_parameters
from dashboard.ui.page_links import page_link
from gridrt_client.errors import GridError
from gridrt_client.safe_text import shown

PARAMETER: Final = "search"
_NOUNS: Final = {"sessionId": "Sessions", "captureId": "Events"}


def draw() -> None:
    """Draw the input of the text to search for."""

    def typed() -> None:
        link_parameters.write(PARAMETER, (st.session_state[f"{PARAMETER}_input"] or "").strip() or None)
        st.rerun()

    link_parameters.show(f"{PARAMETER}_input", st.query_params.get(PARAMETER) or None)
    with st.container(key=PARAMETER, width=190):
        st.text_input(
            "Search",
            key=f"{PARAMETER}_input",
            placeholder="Search everything",
            label_visibility="collapsed",
            on_change=typed,
            icon="🔍",
        )


def draw_results(chosen: Filters) -> None:
    """Draw what was found for the text of the link, grouped by kind, each with a link to its view."""
    text = st.query_params.get(PARAMETER)
    with st.container(key=f"{PARAMETER}_results"):
        if not text:
            return
        try:
            # Over all of the tenant: a search that the filters narrow would hide what it is for.
            data = filtered_data.load(Filters(refresh=chosen.refresh))
        except (GridError, Pending):
            st.caption("The search begins when the past 24 hours are there.")
            return
        names = viewer_state.names()
        found = data.memoize("search", lambda: search.search(data.joined.database, text, names), text, names)
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"**Found for “{escape_markdown(shown(text, 60))}”**", width="content")
                st.button("Close", key="close_search", type="tertiary", on_click=_close)
            if not found:
                st.caption(
                    "Nothing of the past 24 hours holds this text. Ids, types, products, texts and names are searched; "
                    f"at least {search.SHORTEST} characters are needed."
                )
            for column, hits in found.items():
                _draw_hits(column, hits)


def _draw_hits(column: str, hits: list[search.Hit]) -> None:
    names = viewer_state.names()
    st.caption(_NOUNS.get(column, field_label(column)))
    with st.container(horizontal=True, gap="small"):
        for hit in hits:
            page, changes = _target(hit)
            label = names.of(column, hit.value)
            page_link(
                page,
                f"{label} ({whole(hit.records)})" if column not in search.IDS else label,
                {PARAMETER: None, **changes},
                help=f"{column} {shown(hit.value, 200)}",
            )


def _target(hit: search.Hit) -> tuple[str, dict[str, str]]:
    """Return the view of a result and the parameters of the link to it."""
    match hit.field:
        case "sessionId":
            return "session", {"sessionId": hit.value}
        case "captureId":
            return "events", {"captureId": hit.value}
        case "spaceId":
            return "store", {"spaceId": write_value(hit.value)}
        case "deviceId":
            return "latest", {"deviceId": write_value(hit.value)}
        case _:
            return "events", {hit.field: write_value(hit.value)}


def _close() -> None:
    link_parameters.write(PARAMETER, None)
    st.rerun()
