"""The button that downloads the rows of a table as CSV."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import plural
from dashboard.analysis.joined_events import RowSelection
from dashboard.data import viewer_state
from dashboard.filters import Filters, Window
from dashboard.tables import exports


def draw(report: str, rows: RowSelection, chosen: Filters, window: Window) -> None:
    """Draw a button for all rows; the file is made when it is clicked and named after the report and the window."""
    tenant = viewer_state.current().loader.connection.settings.tenant_id
    st.download_button(
        f"Export {plural(len(rows), 'row')} as CSV",
        data=lambda: exports.to_csv(rows, chosen.tz),
        file_name=exports.file_name(report, tenant, window.start, window.end),
        mime="text/csv",
        key=f"export_{report}",
        on_click="ignore",
        icon="⬇️",
    )


def draw_table(report: str, table: pd.DataFrame, chosen: Filters, window: Window) -> None:
    """Draw a button for all rows of a small table whose values are shown as they are."""
    tenant = viewer_state.current().loader.connection.settings.tenant_id
    st.download_button(
        f"Export {plural(len(table), 'row')} as CSV",
        data=lambda: exports.table_to_csv(table, chosen.tz),
        file_name=exports.file_name(report, tenant, window.start, window.end),
        mime="text/csv",
        key=f"export_{report}",
        on_click="ignore",
        icon="⬇️",
    )
