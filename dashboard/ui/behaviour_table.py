"""A small table of a panel of the Behaviour view, and the button that downloads all of it."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import whole
from dashboard.filters import Filters, Window
from dashboard.ui import export_button

MOST_ROWS: Final = 100
"""The rows that are sent to the browser; the export has all."""

COUNT: Final = st.column_config.NumberColumn(format="localized", width=90)
SHARE: Final = st.column_config.NumberColumn(format="percent", width=90)


def draw(
    report: str,
    table: pd.DataFrame,
    chosen: Filters,
    span: Window,
    config: dict[str, Any] | None = None,
    *,
    alt: str,
    order: str = "",
) -> None:
    """Draw the first rows of a table, and the button for all of them.

    Parameters
    ----------
    report
        Names the element and the file.
    config
        Of the columns, as `st.dataframe` takes them; columns of whole numbers and of shares have one.
    order
        By what the rows are ordered, where not all of them may be shown.
    """
    configured = {
        name: SHARE if pd.api.types.is_float_dtype(table[name].dtype) else COUNT
        for name in table.columns
        if pd.api.types.is_numeric_dtype(table[name].dtype)
    }
    st.dataframe(
        # Shares to a tenth of a percent; the file has every digit.
        table.head(MOST_ROWS).round({name: 3 for name, column in configured.items() if column is SHARE}),
        hide_index=True,
        key=f"{report}_table",
        column_config=configured | (config or {}),
        placeholder="—",
        alt=alt,
    )
    if len(table) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS} of {whole(len(table))}{order and f', {order}'}. The file holds all.")
    export_button.draw_table(report, table, chosen, span)
