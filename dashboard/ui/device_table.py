"""The table of latest events with the status of attached devices, and the details of the selected one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import is_missing
from dashboard.analysis.joined_events import RowSelection
from dashboard.filters import Filters
from dashboard.tables import records
from dashboard.ui import frozen_rows, messages, paged_table, record_details, selectable_table
from gridrt_client.schema import LATEST_EVENT

ORDER = ("status", "thing", "held", "since", "last seen", "clock", "deviceId", "spaceId", "eventType", "int1")
# How long the status has been held and when the device was last seen are two times: both are counted in the browser.
CONFIG = {
    "held": st.column_config.TextColumn(
        "held",
        width=70,
        help="exactly: the report before said another status. at least: no earlier report is known, so the status may "
        "have held for longer.",
    ),
    "since": st.column_config.DatetimeColumn(
        "since", format="distance", help="When the status was first reported without another one since."
    ),
    "last seen": st.column_config.DatetimeColumn("last seen", format="distance", help="The newest event."),
    "clock": st.column_config.TextColumn(
        "clock", width=110, help="Why there is no last seen: the newest event is from the future, or has no time."
    ),
}


def draw(rows: pd.DataFrame, all_rows: pd.DataFrame, history: RowSelection, chosen: Filters) -> None:
    """Draw the latest events, most urgent first, and the details of the selected one.

    Parameters
    ----------
    rows
        The rows of ``all_rows`` to list; at least one.
    all_rows
        The latest events with their status.
    history
        The events of the past 24 hours.
    """
    rows_of = (paged_table.row_filters(chosen), st.session_state.get("rows") == "all", st.session_state.get("status"))
    page = rows.iloc[frozen_rows.page_in_order(frozen_rows.LATEST, rows["combination"].to_numpy(), rows_of)]
    table = records.latest_table(page, chosen.tz)
    labels = table["status"]
    # A list of one label is drawn in the colour of its status; rows without a status have none.
    values = [[] if is_missing(label) else [label] for label in labels]
    table["status"] = pd.Series(values, index=table.index, dtype=object)
    colours = dict(zip(labels.dropna(), page["colour"].dropna(), strict=True))
    status = st.column_config.MultiselectColumn("status", options=list(colours), color=list(colours.values()))
    wrong_clocks = rows["clock"].notna().any()
    selectable_table.draw(
        frozen_rows.LATEST.key,
        table,
        records.thing_keys(page, chosen.distinctColumns),
        selected="thing",
        tz=chosen.tz,
        config={**CONFIG, **({"status": status} if colours else {})},
        order=[name for name in ORDER if name != "clock" or wrong_clocks],
    )
    draw_selected(rows, all_rows, history, chosen)


def draw_selected(rows: pd.DataFrame, all_rows: pd.DataFrame, history: RowSelection, chosen: Filters) -> None:
    """Draw the newest event of the device that the link names, or say why it isn't among ``rows``."""
    key = st.query_params.get("thing")
    with st.container():
        if not key:
            return
        keys = records.thing_keys(rows, chosen.distinctColumns)
        if key in keys:
            record = rows.iloc[keys.index(key)][list(LATEST_EVENT.names)]
            record_details.draw_event(record, history, chosen, LATEST_EVENT)
        elif key in records.thing_keys(all_rows, chosen.distinctColumns):
            messages.not_found("thing", key, "among the rows shown", "another status or kind of rows is chosen above.")
        else:
            reason = "it is silent, the filters or distinctColumns leave it out, or the link is mistyped."
            messages.not_found("thing", key, "in the newest answer", reason)
