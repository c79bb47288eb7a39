"""The versions of apps in the field: how many sessions each has."""

from __future__ import annotations

from typing import Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter

VERSIONS: Final = """
    select appId, appVersion, count(*) as number, count(distinct installationId), max(sessionCreated)
    from sessions where {sessions} group by all
    order by appId nulls last, number desc, appVersion nulls last
"""


def app_versions(database: Database, chosen: EventFilter = EVERYTHING) -> pd.DataFrame:
    """Return the sessions of each app and version, by app, the most common version first.

    Columns ``appId``, ``appVersion`` (text, may be missing), ``sessions``, ``installations`` (different
    ``installationId``; int64), ``newest session`` (UTC).
    """
    columns = ["appId", "appVersion", "sessions", "installations", "newest session"]
    found = pd.DataFrame(database.rows(chosen.apply(VERSIONS), **chosen.parameters), columns=columns).astype(
        {"appId": "str", "appVersion": "str", "sessions": "int64", "installations": "int64",
         "newest session": "datetime64[us]"}
    )  # fmt: skip
    found["newest session"] = found["newest session"].dt.tz_localize("UTC")
    return found
