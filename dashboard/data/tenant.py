"""Which tenant is watched: the configured one or, where nothing is configured, the emulator's."""

from __future__ import annotations

import os

import streamlit as st

from dashboard.data import demo
from gridrt_client.connection import GridConnection, secrets_section
from gridrt_client.secrets_file import CONNECTION_TYPE, Section
from gridrt_client.settings import Settings, check_variables


def is_demo() -> bool:
    """Whether nothing is configured, so that the emulator answers; raises what `connect` does."""
    check_variables(os.environ)
    return not Settings.is_configured(os.environ, _secrets().values)


def connect() -> GridConnection:
    """The connection of this process, to the configured tenant or to the demo's emulator.

    Raises
    ------
    GridError
        When the configuration can't be used or the emulator doesn't start.
    """
    # Named in full: Streamlit keeps one connection for each set of arguments, and hashes them.
    return st.connection("grid", CONNECTION_TYPE, **address())  # type: ignore[no-any-return,call-overload]


def address() -> dict[str, str]:
    """Where the answers come from: the configured tenant or the demo's emulator; raises what `connect` does."""
    if is_demo():
        emulator = demo.emulator()
        return {"base_url": emulator.base_url, "tenant_id": demo.TENANT_ID, "access_token": emulator.access_token}
    secrets = _secrets()
    settings = Settings.load(os.environ, secrets.values, secrets_source=secrets.source)
    return {"base_url": settings.base_url, "tenant_id": settings.tenant_id, "access_token": settings.access_token}


@st.cache_resource(ttl=60, show_spinner=False)
def _secrets() -> Section:
    """What ``[connections.grid]`` says; looked up anew once a minute, and each time while there is a mistake in it."""
    return secrets_section("grid")
