"""The page Status, for operators: how the dashboard runs. It shows no data of the API."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import age, escape_markdown, plural
from dashboard.data import readiness, sign_in_settings, viewer_state
from dashboard.data.permissions import Permissions
from dashboard.data.replica import HERE
from dashboard.ui import sign_in, status_tables
from gridrt_client import __version__
from gridrt_client.errors import GridError
from gridrt_client.sharing import shared_fetch
from gridrt_client.sharing.status import SharingStatus

EVERY_SECONDS: Final = 5
_LIBRARIES: Final = ("streamlit", "pandas", "pyarrow", "duckdb", "plotly", "pydeck", "uvicorn", "redis")


@st.fragment(key="status", run_every=EVERY_SECONDS)
def draw() -> None:
    """Draw the page, again every few seconds; a sentence for a viewer who may not see it."""
    viewer = viewer_state.current()
    if not sign_in.is_permitted(viewer):
        st.rerun()
    st.title("Status", anchor=False)
    if not viewer.permissions.may_see_status:
        st.error("Your role doesn't open this page. It takes a role with status = true.", icon="⛔")
        return
    now, permitted = datetime.now(UTC), sign_in.permitted_now()
    _draw_process(now)
    with st.container(key="status_tables"):
        _draw_fetches(permitted, now)
        _draw_replicas(now)
        _draw_settings(permitted)


def _draw_process(now: datetime) -> None:
    versions = [f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in _LIBRARIES)]
    st.caption(escape_markdown(f"Grid Real-time {__version__} on {', '.join(versions)}"))
    for problem in readiness.problems():
        st.warning(escape_markdown(f"Not ready for viewers: {problem}"), icon="⚠️")
    runs = age((now - HERE.started_at).total_seconds())
    st.markdown(
        f"This server, `{HERE.identifier}`, runs for {runs} and has {plural(HERE.sessions.total(), 'open page')}."
    )


def _draw_fetches(permitted: Mapping[str, Permissions], now: datetime) -> None:
    st.subheader("Fetches", anchor=False)
    found = status_tables.fetches_now(permitted, now)
    if found.empty:
        st.info("Nothing has been fetched yet: somebody has to open a view.", icon="🌙")
        return
    _draw_table(found, "status_fetches", status_tables.fetch_columns())


def _draw_replicas(now: datetime) -> None:
    st.subheader("Servers", anchor=False)
    sharing = shared_fetch.status()
    sentence = sharing_sentence(sharing, now)
    if sharing is not None and sharing.is_alone:
        st.warning(escape_markdown(sentence), icon="⚠️")
    else:
        st.markdown(escape_markdown(sentence))
    found, complete = status_tables.replicas_table(now)
    if not complete:
        st.caption("The others can't be listed, because Redis doesn't answer.")
    _draw_table(found, "status_servers", status_tables.REPLICA_COLUMNS)


def sharing_sentence(status: SharingStatus | None, now: datetime) -> str:
    """Return what the state of Redis is."""
    if status is None:
        return "No Redis is in use: each server asks the API for itself, and knows of no other."
    if status.alone_since is not None:
        since = age((now - status.alone_since).total_seconds())
        return f"Redis {status.reason}, for {since}: until it works again, this server asks the API for itself."
    return (
        f"Redis works. {plural(status.shared_reads, 'answer')} came from other servers, "
        f"{plural(status.own_fetches, 'fetch', 'fetches')} and {plural(status.shared_failures, 'shared failure')} "
        "since the start."
    )


def _draw_settings(permitted: Mapping[str, Permissions]) -> None:
    st.subheader("Settings", anchor=False)
    sign = sign_in_settings.current()
    st.caption(escape_markdown(f"{sign.sentence(st.get_option('server.address'))}."))
    for name in (name for name, may in permitted.items() if may.may_see_status):
        try:
            found = status_tables.tenant_settings(name)
        except GridError as error:
            st.error(escape_markdown(str(error)), icon="⛔")
            continue
        if found.empty:
            st.caption("Demo: no tenant is set.")
        else:
            st.caption(escape_markdown(f"Tenant {name}"))
            _draw_table(found, f"status_tenant_{name}", status_tables.SETTING_COLUMNS)
    st.caption("This server")
    _draw_table(status_tables.server_settings(), "status_settings", status_tables.SETTING_COLUMNS)


def _draw_table(found: pd.DataFrame, key: str, columns: dict[str, Any]) -> None:
    with st.container(key=key):
        # Named, so that it stays scrolled when it is drawn again.
        st.dataframe(found, key=f"{key}_rows", hide_index=True, column_config=columns, height="content")
