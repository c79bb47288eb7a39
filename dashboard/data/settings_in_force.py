"""The settings in force, for the page Status: names, values and where they come from. Secrets are "set"."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import streamlit as st

from dashboard.data import tenant
from gridrt_client import settings as client_settings
from gridrt_client.settings import SettingInForce

DEFAULTS: Final = {
    "GRIDRT_TENANTS": "grid",
    "GRIDRT_NAMES": "",
    "GRIDRT_STATUS_REFERENCE": "dashboard/analysis/status.toml",
    "GRIDRT_SAVED_VIEWS": "",
    "GRIDRT_SIGN_IN": "by the other settings",
    "GRIDRT_ROLES": "",
    "GRIDRT_SESSION_HOURS": "12",
    "GRIDRT_PROXY_ADDRESSES": "",
    "GRIDRT_PROXY_EMAIL_HEADER": "X-Forwarded-Email",
    "GRIDRT_PROXY_GROUPS_HEADER": "X-Forwarded-Groups",
    "GRIDRT_ALLOW_OPEN": "false",
    "GRIDRT_ALLOWED_HOSTS": "",
    "GRIDRT_FRAME_ANCESTORS": "none",
    "GRIDRT_MAX_SESSIONS": "1000",
    "GRIDRT_MAX_SESSIONS_PER_ADDRESS": "200",
    "GRIDRT_LOG_FORMAT": "text on a terminal, else json",
    "GRIDRT_OPERATIONS_PORT": "",
    "GRIDRT_OPERATIONS_ADDRESS": "127.0.0.1",
    "FORWARDED_ALLOW_IPS": "127.0.0.1,::1",
}
"""The dashboard's own variables, none of them secret, and what counts without them."""
_OF_STREAMLIT: Final = ("server.address", "server.port", "server.baseUrlPath")


def of_dashboard(env: Mapping[str, str] = os.environ) -> list[SettingInForce]:
    """Return the settings of the process."""
    found = []
    for name, default in DEFAULTS.items():
        own = env.get(name, "").strip()
        found.append(SettingInForce(name, own or default, "environment" if own else "default"))
    for name in _OF_STREAMLIT:
        value = st.get_option(name)
        found.append(SettingInForce(name, "" if value is None else str(value), "Streamlit"))
    return found


def of_tenant(name: str) -> list[SettingInForce]:
    """Return the settings of a tenant.

    Raises
    ------
    GridError
        When they can't be used.
    """
    if tenant.is_demo():
        return []
    env, section = tenant.sources(name)
    return client_settings.in_force(tenant.settings(name), env, section.values, section.source)
