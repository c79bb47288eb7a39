"""Which tenant is watched: the configured one or, where nothing is configured, the emulator's."""

from __future__ import annotations

import os
from typing import Any

import streamlit as st

from dashboard import demo
from gridrt_client.connection import GridConnection
from gridrt_client.settings import Settings

_TYPE = "gridrt_client.connection.GridConnection"


def is_demo() -> bool:
    """Whether nothing is configured, so that the emulator answers."""
    return not Settings.is_configured(os.environ, _secrets())


def connect() -> GridConnection:
    """The connection of this process, to the configured tenant or to the demo's emulator.

    Raises
    ------
    GridError
        When the configuration can't be used or the emulator doesn't start.
    """
    # Named in full: Streamlit keeps one connection for each set of arguments, and hashes them.
    return st.connection("grid", _TYPE, **address())  # type: ignore[no-any-return,call-overload]


def address() -> dict[str, str]:
    """Where the answers come from: the configured tenant or the demo's emulator; raises what `connect` does."""
    if is_demo():
        emulator = demo.emulator()
        return {"base_url": emulator.base_url, "tenant_id": demo.TENANT_ID, "access_token": emulator.access_token}
    settings = Settings.load(os.environ, _secrets())
    return {"base_url": settings.base_url, "tenant_id": settings.tenant_id, "access_token": settings.access_token}


@st.cache_resource(ttl=60, show_spinner=False)
def _secrets() -> dict[str, Any]:
    """What ``[connections.grid]`` says; looked up anew once a minute, because Streamlit parses its files every time."""
    if not st.secrets.load_if_toml_exists():
        return {}
    section = st.secrets.get("connections", {}).get("grid", {})
    return dict(section)
