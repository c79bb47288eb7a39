"""What can be taken along: a link to the view, its calls of the API, and its data."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st

from dashboard.data.loader import Query
from dashboard.data.viewer_state import ViewerState
from dashboard.filters import Filters, Window, write_time
from dashboard.ui import export_button, link_parameters
from gridrt_client.settings import Settings

_METHODS: Final = {"sessions": "sessions", "events": "events", "latest events": "latest_events"}


def draw(viewer: ViewerState) -> None:
    """Draw the button that opens links, calls and downloads."""
    with st.popover("Share", key="share", on_change=link_parameters.restore, help="Link, API call, data") as opened:
        if not opened.open:
            return
        st.caption("Link that moves on with the time")
        st.code(link(st.context.url or "", link_parameters.given()), language=None, wrap_lines=True)
        st.caption("Link to exactly this time range")
        fixed = fixed_parameters(link_parameters.given(), viewer.filters, viewer.loader.window())
        st.code(link(st.context.url or "", fixed), language=None, wrap_lines=True)
        for query in viewer.loader.used:
            url, curl, python = api_calls(query, viewer.loader.connection.settings)
            with st.expander(f"API call: {query.label}"):
                for text, language in ((url, None), (curl, "bash"), (python, "python")):
                    st.code(text, language=language, wrap_lines=True)
        for given in viewer.exports:
            export_button.draw_formats(given)


def link(address: str, parameters: dict[str, list[str]]) -> str:
    """Return the address of a page with these parameters."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode(parameters, doseq=True), ""))


def fixed_parameters(parameters: dict[str, list[str]], chosen: Filters, window: Window) -> dict[str, list[str]]:
    """Return parameters whose time range and time zone don't depend on when and where the link is opened."""
    span = chosen.span(window)
    if span is None:
        # Moments that are far away have no text.
        return parameters | {"tz": [chosen.tz]}
    start, end = write_time(span.start.floor("s")), write_time(span.end.ceil("s"))
    return parameters | {"from": [str(start)], "to": [str(end)], "tz": [chosen.tz]}


def api_calls(query: Query, settings: Settings) -> tuple[str, str, str]:
    """Return a call of the API as URL, for curl and for this project's client in Python; without the token."""
    address = f"{settings.base_url}{query.path}/{quote(settings.tenant_id, safe='')}"
    params = query.to_params(settings.distinct_columns_style)
    url = f"{address}?{urlencode(params, safe=',')}" if params else address
    quoted = url.replace("'", "%27")
    curl = f"curl --header \"Authorization: Bearer $GRIDRT_ACCESS_TOKEN\" '{quoted}'"
    arguments = ", ".join(f"{name}={value!r}" for name, value in _arguments(query).items())
    python = (
        "from gridrt_client import RealtimeClient\n\n"
        f"with RealtimeClient.from_env() as grid:\n    frame = grid.{_METHODS[query.label]}({arguments})"
    )
    return url, curl, python


def _arguments(query: Query) -> dict[str, object]:
    given = query.to_params("repeated")
    names = dict.fromkeys(name for name, _ in given)
    values = {name: [value for other, value in given if other == name] for name in names}
    return {name: found if name == "distinctColumns" else found[0] for name, found in values.items()}
