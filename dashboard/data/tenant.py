"""The tenant whose data is shown: the configured one or, where nothing is configured, the demo's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import streamlit as st

from dashboard.analysis.names import Names
from dashboard.data.demo import DEMO, TENANT_ID
from gridrt_client.connection import GridConnection, secrets_section
from gridrt_client.safe_text import shown
from gridrt_client.secrets_file import CONNECTION_TYPE, Section
from gridrt_client.settings import Settings, check_variables

DEMO_NAMES: Final = Path(__file__).with_name("demo_names.toml")


def is_demo() -> bool:
    """Whether nothing is configured, so that the emulator answers; raises GridError as `connect`."""
    check_variables(os.environ)
    return not Settings.is_configured(os.environ, _secrets().values)


def connect() -> GridConnection:
    """Return the connection of this process to the configured tenant or to the demo's emulator.

    Raises
    ------
    GridError
        When the configuration can't be used or the emulator doesn't start.
    """
    # With all arguments: Streamlit keeps one connection for each set of them.
    return st.connection("grid", CONNECTION_TYPE, **address())  # type: ignore[no-any-return,call-overload]


def address() -> dict[str, str]:
    """Return the arguments that say where answers come from; raises GridError as `connect`."""
    if is_demo():
        emulator = DEMO.emulator()
        return {"base_url": emulator.base_url, "tenant_id": TENANT_ID, "access_token": emulator.access_token}
    secrets = _secrets()
    settings = Settings.load(os.environ, secrets.values, secrets_source=secrets.source)
    return {"base_url": settings.base_url, "tenant_id": settings.tenant_id, "access_token": settings.access_token}


def label(tenant_id: str) -> str:
    """Return what a person reads for the tenant."""
    return "Demo" if is_demo() else shown(tenant_id, 40)


@st.cache_resource(show_spinner=False)
def names() -> Names:
    """Return the names of ids; raises NamesError when the configured file can't be used."""
    return Names.from_env(default=DEMO_NAMES if is_demo() else None)


@st.cache_resource(ttl=60, show_spinner=False)
def _secrets() -> Section:
    """Return ``[connections.grid]`` of the secrets; read again after a minute, and at once while there is a mistake."""
    return secrets_section("grid")
