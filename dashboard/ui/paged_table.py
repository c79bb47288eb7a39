"""A table of records by time, a page at a time, with the records from the future in a table of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import plural
from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.record_order import Places
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters
from dashboard.ui import frozen_rows, link_parameters, selectable_table

MakePage = Callable[[RowSelection], tuple[pd.DataFrame, list[str]]]
"""Returns the table of some rows and the keys of its rows."""


def draw(
    table: frozen_rows.Table,
    future: frozen_rows.Table,
    data: FilteredData,
    rows: RowSelection,
    chosen: Filters,
    make_page: MakePage,
) -> None:
    """Draw the rows up to now, newest first, and below them those from the future, where there are any."""
    past, ahead = rows.split(table.time, data.now)
    rows_of = (row_filters(chosen), *map(st.query_params.get, ("at", "find")))

    def make(places: Places) -> tuple[pd.DataFrame, list[str]]:
        return make_page(RowSelection(rows.frame, places))

    with st.container():
        if past.empty:
            st.caption(f"No {table.noun}s up to now: all of them are from the future.")
        else:
            page = frozen_rows.page_by_time(table, past, rows_of, make, data.now)
            selectable_table.draw(table.key, *page, selected=table.selected, tz=chosen.tz)
    with st.container():
        if ahead.empty:
            return
        clocks = "whose clock is ahead" if len(ahead) == 1 else "whose clocks are ahead"
        with st.container(horizontal=True, vertical_alignment="center", key=f"{future.key}_heading"):
            st.markdown(f"**From the future: {plural(len(ahead), future.noun)} {clocks}**", width="content")
            wanted = link_parameters.switch("ahead", label="List them")
        if wanted:
            page = frozen_rows.page_by_time(future, ahead, rows_of, make)
            selectable_table.draw(future.key, *page, selected=future.selected, tz=chosen.tz)


def row_filters(chosen: Filters) -> Filters:
    """Return the filters without those that don't decide which rows are listed."""
    return replace(chosen, tz="UTC", refresh=None, problems=())
