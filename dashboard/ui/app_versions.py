"""The versions of apps in the field."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.analysis.app_versions import app_versions
from dashboard.analysis.formatting import plural
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table

HELP = {
    "sessions": "Sessions created in the time range.",
    "installations": "Different installationId among them.",
    "share": "Of the sessions of this app.",
    "newest session": "When the newest of them was created.",
}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the sessions of each app and version."""
    found = data.memoize(
        "app_versions", lambda: app_versions(data.joined.database, replace(data.chosen, created=span)), span
    )
    if found.empty:
        st.info("No session was created in the time range.", icon="🌙")
        return
    apps = found["appId"].nunique(dropna=False)
    st.caption(
        f"{plural(len(found), 'version')} of {plural(apps, 'app')}.",
        help="The sessions of the list that were created in the time range, by appId and appVersion.",
    )
    totals = found.groupby("appId", dropna=False)["sessions"].transform("sum")
    behaviour_table.draw(
        "versions",
        found.assign(share=found["sessions"] / totals),
        chosen,
        span,
        alt="Sessions by app and version.",
        order="by app",
        help=HELP,
    )
