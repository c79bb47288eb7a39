"""The newest events, by type on demand; what has come with the newest answer is marked."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import escape_markdown, plural
from dashboard.analysis.joined_events import RowSelection
from dashboard.data import viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters
from dashboard.ui import event_table, link_parameters, paged_table, selectable_table
from gridrt_client.safe_text import read_shown, shown

ROWS: Final = 15
PARAMETER: Final = "feed"
MOST_TYPES: Final = 8
"""The buttons: the most frequent types."""
NEW: Final = "new"
ORDER: Final = (
    NEW, "eventTime", "eventType", "interaction", "spaceId", "productId", "categoryId", "str1", "str2", "int1",
    "deviceId",
)  # fmt: skip


def draw(data: FilteredData, chosen: Filters) -> None:
    """Draw the buttons of types, the newest events up to now, and the details of the selected one."""
    types = _choose_types()
    newest = data.newest_events(types, ROWS)
    with st.container(key="feed_rows"):
        if newest.empty:
            st.caption("No event of these types has come in the past 24 hours." if types else "No event has come yet.")
        else:
            _draw_rows(data, newest, chosen, types)
    event_table.draw_selected(data, data.events, chosen)


def _draw_rows(data: FilteredData, newest: RowSelection, chosen: Filters, types: tuple[str, ...]) -> None:
    table, keys = event_table.page_of(data, newest, chosen)
    new = _new_keys(keys, data, chosen, types)
    marked = table.assign(**{NEW: pd.Series(["● new" if key in new else "" for key in keys], dtype="str")})
    config = {NEW: st.column_config.TextColumn("", width=55, help="Has come with the newest answer.")}
    selectable_table.draw(
        "event_feed",
        marked,
        keys,
        selected="captureId",
        tz=chosen.tz,
        config=config,
        order=[name for name in ORDER if name != NEW or new],
    )
    if new:
        st.caption(f"{plural(len(new), 'event')} of these came with the newest answer.")


def _choose_types() -> tuple[str, ...]:
    """Draw a button for each of the most frequent types, and for those of the link; return the chosen ones."""
    counts = viewer_state.current().counts.get("eventType", pd.Series(dtype="int64"))
    linked = list(dict.fromkeys(term for term in st.query_params.get_all(PARAMETER) if term))[:MOST_TYPES]
    options = list(dict.fromkeys([*(shown(value) for value in counts.index[:MOST_TYPES]), *linked]))
    link_parameters.show(PARAMETER, linked)

    def write() -> None:
        link_parameters.change({PARAMETER: st.session_state[PARAMETER]})

    st.pills(
        "Only these types",
        options,
        selection_mode="multi",
        format_func=lambda term: escape_markdown(shown(term, 40)),
        key=PARAMETER,
        on_change=write,
        help="Which types of events are listed here. Nothing else changes.",
    )
    return tuple(map(read_shown, linked))


def _new_keys(keys: list[str], data: FilteredData, chosen: Filters, types: tuple[str, ...]) -> frozenset[str]:
    """Return the keys of rows that were not there before the newest answer; none when the list is drawn first."""
    state, rows_of = viewer_state.current().feed, (paged_table.row_filters(chosen), types)
    drawn, there = (data.key, data.now), frozenset(keys)
    if state.rows_of != rows_of:
        state.new = frozenset()
    elif state.drawn != drawn:
        state.new = there - state.keys
    state.rows_of, state.drawn, state.keys = rows_of, drawn, there
    return state.new & there
