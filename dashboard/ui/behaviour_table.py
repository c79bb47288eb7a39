"""A small table of a panel of the Behaviour view, and the button that downloads all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import is_missing, whole
from dashboard.analysis.joined_events import rows_of
from dashboard.analysis.names import NAMED, field_label
from dashboard.data import viewer_state
from dashboard.filters import Filters, Window
from dashboard.ui import export_button, page_links, selectable_table
from gridrt_client.safe_text import shown

MOST_ROWS: Final = 100
"""The rows that are sent to the browser; the export has all."""
LONGEST: Final = 200
"""The number of characters of a text that a cell gets."""


def draw(
    report: str,
    table: pd.DataFrame,
    chosen: Filters,
    span: Window,
    *,
    alt: str,
    order: str = "",
    help: Mapping[str, str] | None = None,
    quantities: Sequence[str] = (),
    exported: Sequence[str] = (),
    selected: str | None = None,
) -> None:
    """Draw the first rows of a table, and the button for all of them.

    Parameters
    ----------
    report
        Names the element and the file.
    table
        Ids and texts as the API has them, under its names: names are shown, and exported beside the ids.
    order
        By what the rows are ordered, where not all of them may be shown.
    help
        How columns are computed, by name.
    quantities
        The columns of fractions that aren't shares.
    exported
        The columns that are only in the file.
    selected
        The parameter of the link that holds the session of the selected row, by its ``sessionId``, which gets a link
        to its page; None: rows can't be selected.
    """
    listed = table.head(MOST_ROWS).drop(columns=list(exported))
    shown_rows, config = _shown(listed), _config(listed, chosen.tz, help or {}, quantities)
    if selected is None:
        st.dataframe(shown_rows, hide_index=True, key=f"{report}_table", column_config=config, placeholder="—", alt=alt)
    else:
        keys = [str(value) for value in listed["sessionId"]]
        selectable_table.draw(
            f"{report}_table", shown_rows, keys, selected=selected, tz=chosen.tz, config=config,
            order=[name for name in shown_rows.columns if name != "sessionId"],
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        if selected is not None:
            session = st.query_params.get(selected)
            if session and session in set(listed["sessionId"].dropna()):
                page_links.session_link(session)
            elif len(listed):
                st.caption("Select a row to open its session.", width="content")
        if len(table) > MOST_ROWS:
            ordered = f", {order}" if order else ""
            st.caption(f"The first {MOST_ROWS} of {whole(len(table))}{ordered}. The file holds all.", width="content")
        export_button.draw(report, rows_of(table), chosen, span)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """The table with names in place of ids, texts that are safe to show, and shares to a tenth of a percent."""
    names = viewer_state.names()
    columns: dict[str, Any] = {}
    for name in table.columns:
        column = table[name]
        if pd.api.types.is_float_dtype(column.dtype):
            columns[name] = column.round(3)
        elif isinstance(column.dtype, pd.StringDtype):
            texts = [
                None if is_missing(value) else names.of(name, value) if name in NAMED else shown(value, LONGEST)
                for value in column.array
            ]
            columns[name] = pd.Series(texts, index=column.index, dtype="str")
        else:
            columns[name] = column
    return pd.DataFrame(columns, index=table.index)


def _config(table: pd.DataFrame, tz: str, help: Mapping[str, str], quantities: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in table.columns:
        dtype, label, about = table[name].dtype, field_label(name), help.get(name)
        if pd.api.types.is_bool_dtype(dtype):
            found[name] = st.column_config.CheckboxColumn(label, help=about)
        elif pd.api.types.is_float_dtype(dtype) and name not in quantities:
            found[name] = st.column_config.NumberColumn(label, format="percent", help=about)
        elif pd.api.types.is_numeric_dtype(dtype):
            found[name] = st.column_config.NumberColumn(label, format="localized", help=about)
        elif isinstance(dtype, pd.DatetimeTZDtype):
            found[name] = st.column_config.DatetimeColumn(label, timezone=tz, format="YYYY-MM-DD HH:mm:ss", help=about)
        else:
            found[name] = st.column_config.TextColumn(label, help=about)
    return found
