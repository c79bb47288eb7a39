"""The tenants whose data can be shown: the configured ones or, where nothing is configured, the demo's.

A tenant is a section ``[connections.<name>]`` of Streamlit's secrets; ``GRIDRT_TENANTS`` lists their names, and without
it there is one, ``grid``, which the environment can set as well. The name is what links and roles use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st

from dashboard.analysis.names import VARIABLE as NAMES_VARIABLE
from dashboard.analysis.names import Names
from dashboard.analysis.status_reference import VARIABLE as STATUS_VARIABLE
from dashboard.analysis.status_reference import StatusReference
from dashboard.data.demo import DEMO, TENANT_ID
from dashboard.data.permissions import OPEN, Identity, Permissions, Roles
from dashboard.data.space_limits import SpaceLimitedConnection
from gridrt_client.connection import GridConnection, secrets_section
from gridrt_client.errors import BadSettingError
from gridrt_client.safe_text import shown
from gridrt_client.secrets_file import CONNECTION_TYPE, DEFAULT_NAME, Section
from gridrt_client.settings import Settings, check_variables, variable

VARIABLE: Final = "GRIDRT_TENANTS"
PARAMETER: Final = "tenant"
"""The parameter of the link with the name of the tenant."""
DEMO_NAMES: Final = Path(__file__).with_name("demo_names.toml")
# Set in the environment they mean the only tenant, and with several they are in the section of each.
_OF_ONE: Final = tuple(variable(name) for name in ("tenant_id", "access_token", "region", "base_url"))


def listed(env: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the names of all tenants, in the order of the setting.

    Raises
    ------
    BadSettingError
        When a name can't be one of a section.
    """
    names = tuple(dict.fromkeys(part.strip() for part in env.get(VARIABLE, "").split(",") if part.strip()))
    for name in names:
        if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
            raise BadSettingError(
                f"{VARIABLE} must be names of sections [connections.<name>] separated by commas, letters, digits, - "
                f"and _, not “{shown(name, 40)}”"
            )
    return names or (DEFAULT_NAME,)


def permitted(identity: Identity, roles: Roles | None) -> dict[str, Permissions]:
    """Return what a viewer may do with each tenant that the viewer may see; without roles, everybody sees all."""
    found = {name: OPEN if roles is None else roles.permissions(identity, name) for name in listed()}
    return {name: one for name, one in found.items() if one is not None}


def is_demo() -> bool:
    """Whether nothing is configured, so that the emulator answers; raises GridError as `connect`."""
    check_variables(os.environ)
    return listed() == (DEFAULT_NAME,) and not Settings.is_configured(os.environ, _secrets(DEFAULT_NAME).values)


def connect(name: str, permissions: Permissions) -> GridConnection | SpaceLimitedConnection:
    """Return the connection of this process to a tenant or to the demo's emulator, limited to the permitted spaces.

    Raises
    ------
    GridError
        When the configuration can't be used or the emulator doesn't start.
    """
    # With all arguments: Streamlit keeps one connection for each set of them.
    connection: GridConnection = st.connection(name, CONNECTION_TYPE, **address(name))  # type: ignore[call-overload]
    return connection if permissions.spaces is None else SpaceLimitedConnection(connection, permissions.spaces)


def address(name: str) -> dict[str, str]:
    """Return the arguments that say where answers come from; raises GridError as `connect`."""
    if is_demo():
        emulator = DEMO.emulator()
        return {"base_url": emulator.base_url, "tenant_id": TENANT_ID, "access_token": emulator.access_token}
    own = settings(name)
    return {"base_url": own.base_url, "tenant_id": own.tenant_id, "access_token": own.access_token}


def settings(name: str) -> Settings:
    """Return the settings of a tenant that is not the demo's; raises GridError as `connect`."""
    env, section = sources(name)
    return Settings.load(env, section.values, secrets_source=section.source)


def sources(name: str) -> tuple[Mapping[str, str], Section]:
    """Return where the settings of a tenant come from: the environment and its section of the secrets.

    Raises
    ------
    BadSettingError
        When there are several tenants and this one has no section.
    """
    section = _secrets(name)
    if listed() == (DEFAULT_NAME,):
        return os.environ, section
    if not section.values:
        raise BadSettingError(
            f"{VARIABLE} names {name}, and there is no section [connections.{name}] in .streamlit/secrets.toml"
        )
    return {key: value for key, value in os.environ.items() if key not in _OF_ONE}, section


def label(name: str) -> str:
    """Return what a person reads for a tenant: its ``label``, else its name or, of an only one, its id."""
    if is_demo():
        return "Demo"
    values = _secrets(name).values
    own = values.get("label")
    if isinstance(own, str) and own.strip():
        return shown(own.strip(), 40)
    return shown(address(name)["tenant_id"] if listed() == (DEFAULT_NAME,) else name, 40)


def names(name: str) -> Names:
    """Return the names of ids of a tenant; raises NamesError when the file can't be used."""
    path = _file(name, "names", NAMES_VARIABLE)
    return _names(str(path or (DEMO_NAMES if is_demo() else "")))


def reference(name: str) -> StatusReference:
    """Return the meaning of a tenant's status values; raises StatusReferenceError when the file can't be used."""
    return _reference(_file(name, "status_reference", STATUS_VARIABLE))


def _file(name: str, key: str, variable: str) -> str:
    """Return the path of a file of a tenant: of its section, else of the environment."""
    own = _secrets(name).values.get(key)
    return str(own).strip() if own else os.environ.get(variable, "").strip()


@st.cache_resource(show_spinner=False)
def _names(path: str) -> Names:
    return Names.load(path) if path else Names()


@st.cache_resource(show_spinner=False)
def _reference(path: str) -> StatusReference:
    return StatusReference.load(path or None)


@st.cache_resource(ttl=60, show_spinner=False)
def _secrets(name: str) -> Section:
    """Return a section of the secrets; read again after a minute, and at once while there is a mistake."""
    return secrets_section(name)
