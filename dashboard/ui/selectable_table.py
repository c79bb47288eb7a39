"""A table of which one row can be selected. The selection is the row's key in the link, not its position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.ui import link_parameters


def draw(
    key: str,
    frame: pd.DataFrame,
    keys: list[str],
    *,
    selected: str,
    tz: str,
    config: dict[str, Any] | None = None,
    order: Sequence[str] | None = None,
) -> None:
    """Draw a table.

    Parameters
    ----------
    key
        The key of the element.
    keys
        The key of each row, in the order of the frame.
    selected
        The link's parameter that holds the selected row's key.
    tz
        The time zone of times.
    config, order
        Of the columns, as `st.dataframe` takes them.
    """

    def select() -> None:
        selection = st.session_state[key]["selection"]
        # A click on a cell says which row is meant now; the selected row may still be another one.
        rows = [row for row, _ in selection["cells"]] or selection["rows"]
        link_parameters.write(selected, keys[rows[0]] if rows and rows[0] < len(keys) else None)

    linked = st.query_params.get(selected)
    rows = [keys.index(linked)] if linked in keys else []
    select_rows(key, rows)
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select=select,
        selection_mode=("single-row", "single-cell"),
        column_config=time_columns(frame, tz) | (config or {}),
        column_order=order,
        placeholder="—",
    )


def select_rows(key: str, rows: list[int]) -> None:
    """Let the table of this key show these rows as selected, and no cell."""
    shown = st.session_state[key]["selection"] if key in st.session_state else None
    if shown is None or list(shown["rows"]) != rows or shown["cells"]:
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def time_columns(frame: pd.DataFrame, tz: str) -> dict[str, Any]:
    """Return the configuration of the columns with times: in a time zone, to the second."""
    return {
        name: st.column_config.DatetimeColumn(timezone=tz, format="YYYY-MM-DD HH:mm:ss")
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.DatetimeTZDtype)
    }
