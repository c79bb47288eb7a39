"""The tables of the page Status. Texts that come from outside are shown, not obeyed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import age
from dashboard.data import fetches, replicas, settings_in_force, tenant
from dashboard.data.fetches import Fetched
from dashboard.data.permissions import Permissions
from dashboard.data.replica import HERE
from dashboard.ui import auto_refresh
from gridrt_client.errors import GridError
from gridrt_client.safe_text import shown
from gridrt_client.settings import SettingInForce

SETTING_COLUMNS: Final = {"Value": st.column_config.TextColumn(width="large")}
REPLICA_COLUMNS: Final = {"Server": st.column_config.TextColumn(help="Random, new at every start.")}
_MEGABYTE: Final = 1e6


def fetch_columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "Scope": st.column_config.TextColumn(help="The filters that are sent to the API."),
        "Age": st.column_config.TextColumn(help="Since the API answered."),
        "Records": number(format="localized"),
        "MB": number(format="%.1f", help="In memory, with what is computed from it."),
        "Seconds": number(format="%.2f", help="How long the last good fetch took."),
        "Every": st.column_config.TextColumn(help="How often it is renewed; not at all where nobody looks."),
        "Pages": number(help="Open pages that show it; those closed in the last minutes may be among them."),
        "Last error": st.column_config.TextColumn(width="large"),
    }


def fetches_of(found: Iterable[Fetched], permitted: Mapping[str, Permissions]) -> list[Fetched]:
    """Return the fetches that a viewer may see: of permitted tenants, by id, and permitted spaces."""

    def is_permitted(one: Fetched) -> bool:
        may = permitted.get(one.tenant_id)
        return may is not None and may.may_see_status and (may.spaces is None or one.query.spaceId in may.spaces)

    return [one for one in found if is_permitted(one)]


def fetches_table(found: Iterable[Fetched], labels: Mapping[str, str], now: datetime) -> pd.DataFrame:
    """Return a row for each fetch, the one that was used last first; ``labels`` are of tenants, by id."""
    pages = auto_refresh.pages_by_key()
    rows = []
    for one in found:
        status = one.status
        seconds = None if status.answered_at is None else (now - status.answered_at).total_seconds()
        wait = None if status.next_try is None else (status.next_try - now).total_seconds()
        scope = ", ".join(f"{name} = {shown(value, 60)}" for name, value in one.scope.items()) or "everything"
        rows.append(
            {
                "Tenant": labels[one.tenant_id],
                "Endpoint": one.query.label,
                "Scope": f"{scope}, personal data in the clear" if one.clear else scope,
                "Age": "" if seconds is None else age(seconds),
                "Records": status.records,
                "MB": status.size / _MEGABYTE,
                "Seconds": status.took or None,
                "Every": "" if status.interval is None else age(status.interval),
                "Pages": pages[status.key],
                "Next try": "now" if status.running else "" if wait is None else f"in {age(wait)}",
                "Last error": "" if status.error is None else shown(str(status.error), 300),
            }
        )
    table = pd.DataFrame(rows[::-1]).convert_dtypes()
    # Where there is one tenant, its name is on the page anyway.
    return table.drop(columns="Tenant") if len(labels) == 1 and rows else table


def fetches_by_id(permitted: Mapping[str, Permissions]) -> tuple[dict[str, Permissions], dict[str, str]]:
    """Return permissions and labels of tenants by their id in the API, of those whose settings can be used."""
    by_id, labels = {}, {}
    for name, may in permitted.items():
        try:
            identifier = tenant.address(name)["tenant_id"]
            labels[identifier] = tenant.label(name)
        except GridError:
            # Named among the settings.
            continue
        by_id[identifier] = may
    return by_id, labels


def fetches_now(permitted: Mapping[str, Permissions], now: datetime) -> pd.DataFrame:
    """Return the table of what this process has fetched, as far as a viewer may see it."""
    by_id, labels = fetches_by_id(permitted)
    return fetches_table(fetches_of(fetches.fetched(), by_id), labels, now)


def replicas_table(now: datetime) -> tuple[pd.DataFrame, bool]:
    """Return a row for each process, this one first, and whether all are listed."""
    known = replicas.notes()
    others = known.read() if known is not None else []
    own = replicas.own_note()
    listed = [own, *(one for one in others or [] if one.identifier != HERE.identifier)]
    rows = [
        {
            "Server": f"{one.identifier} (this one)" if one is own else one.identifier,
            "Version": shown(one.version, 40),
            "Runs for": age((now - one.started_at).total_seconds()),
            "Open pages": one.sessions,
            "Newest answer": "" if one.answered_at is None else age((now - one.answered_at).total_seconds()),
            "Heard of": "" if one is own else f"{age((now - one.noted_at).total_seconds())} ago",
        }
        for one in listed
    ]
    return pd.DataFrame(rows), others is not None


def settings_table(found: Iterable[SettingInForce]) -> pd.DataFrame:
    """Return a row for each setting."""
    rows = [(one.name, shown(one.value, 200) if one.value else "", shown(one.source, 80)) for one in found]
    return pd.DataFrame(rows, columns=["Setting", "Value", "From"])


def tenant_settings(name: str) -> pd.DataFrame:
    """Return the settings of a tenant; raises GridError when they can't be used."""
    return settings_table(settings_in_force.of_tenant(name))


def server_settings() -> pd.DataFrame:
    """Return the settings of the process."""
    return settings_table(settings_in_force.of_dashboard())
