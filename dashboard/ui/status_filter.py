"""The choices above the table of latest events: which kinds of rows, and which status."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import escape_markdown, whole
from dashboard.analysis.status_reference import Status
from gridrt_client.safe_text import shown

ROWS: Final = ("monitoring", "all")


def choose_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the monitoring events of the latest ones, where there are any, unless all are chosen."""
    monitored = rows[rows["status"].notna()]
    with st.container():
        if monitored.empty or len(monitored) == len(rows):
            return rows
        labels = {"monitoring": f"monitoring: {whole(len(monitored))}", "all": f"all latest events: {whole(len(rows))}"}
        kind = _linked_choice("rows", labels, default="monitoring", label_visibility="visible")
    return rows if kind == "all" else monitored


def choose_status(rows: pd.DataFrame, counts: list[tuple[Status, int]]) -> pd.DataFrame:
    """Show how many rows have each status, and return those with the chosen one."""
    labels = {status.label: f"{status.icon} {shown(status.label, 40)}: {whole(count)}" for status, count in counts}
    linked = st.query_params.get("status")
    if linked:
        # A status that nothing has now stays chosen, instead of showing everything.
        labels.setdefault(linked, f"{shown(linked, 40)}: 0")
    chosen = _linked_choice("status", labels, default=None, label_visibility="collapsed")
    return rows if chosen is None else rows[rows["status"] == chosen]


def _linked_choice(
    name: str, labels: dict[str, str], *, default: str | None, label_visibility: Literal["visible", "collapsed"]
) -> str | None:
    """Choose one of several values, which is in the link.

    Not bound to the link by Streamlit, which would write the label there, and labels change with the data.
    """

    def choose() -> None:
        value = st.session_state[name]
        if value is None or value == default:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value

    linked = st.query_params.get(name)
    st.session_state[name] = linked if linked in labels else default
    chosen: str | None = st.segmented_control(
        name,
        list(labels),
        format_func=lambda value: escape_markdown(labels[value]),
        required=default is not None,
        key=name,
        label_visibility=label_visibility,
        on_change=choose,
    )
    return chosen
