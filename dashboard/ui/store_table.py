"""The table of stores, in a chosen order; a selected row opens the store, or filters by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import escape_markdown, plural
from dashboard.analysis.joined_events import rows_of
from dashboard.analysis.record_order import hashes
from dashboard.analysis.span_numbers import Comparison
from dashboard.analysis.store_numbers import StoreNumbers
from dashboard.data import latest_events, stores, viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.loader import Pending
from dashboard.filters import Filters
from dashboard.tables import stores as store_tables
from dashboard.ui import export_button, frozen_rows, link_parameters, selectable_table, time_range
from gridrt_client.errors import GridError

HOW: Final = {
    "active now": "Sessions in which a person did something in the past 30 minutes.",
    "sessions": "Sessions created in the chosen time range, by sessionId.",
    "visitors": "Sessions in which a person did something in the chosen time range. MONITOR_* events don't count.",
    "purchases": "PURCHASE events that don't say that no person did them.",
    "conversion": "Of the visitors, how many have a purchase.",
    "things down": "Things of the store that are offline or silent, by their newest report.",
}
_MARK: Final = "✓ "
_LEADING: Final = {
    "active": "active now",
    "sessions": "sessions",
    "conversion": "conversion",
    "change": "change",
    "down": "things down",
}
RANK: Final = "#"
RANK_HELP: Final = (
    "The place in the chosen order. A click anywhere else in a row chooses it. With the keyboard: up and down move in "
    "this column without choosing, to the right chooses the row."
)


def draw(
    data: FilteredData,
    compared: Comparison,
    chosen: Filters,
    *,
    things_of: Filters,
    choose: Callable[[str], None],
    within: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    columns: tuple[str, ...] | None = None,
) -> None:
    """Draw the table of the stores of ``data`` and the button that exports it.

    Parameters
    ----------
    things_of
        The filters of the things that are counted as down: those of ``data``.
    choose
        Callback: called with the ``spaceId`` of a row that was selected, or that is a filter and was deselected.
    within
        Returns those of the ranked rows that are listed; all without it.
    columns
        The columns to draw, all without it.
    """
    numbers, down = stores.by_store(data, compared), down_by_store(things_of)
    order = _order()
    names = viewer_state.names()

    def rank() -> pd.DataFrame:
        return store_tables.ranked(numbers, order, names, down)

    given = None if down is None else tuple(sorted(down.items()))
    ranked_by = (compared, order, names, given)
    rows = data.memoize("ranked_stores", rank, *ranked_by)
    rows = rows[rows["spaceId"].notna()]
    rows = rows if within is None else within(rows)
    with st.container(key="stores_listed"):
        if rows.empty:
            st.info("No store has a session in the past 24 hours that the filters let through.", icon="🌙")
            return
        _table(rows, numbers, compared, chosen, order, columns, choose)
    _notes(numbers, compared, chosen, down)

    def export() -> pd.DataFrame:
        return store_tables.exported(rows, numbers, compared=compared.earlier is not None)

    exported = data.memoize("exported_stores", export, *ranked_by, tuple(rows.index))
    export_button.draw("stores", rows_of(exported), chosen, compared.shown or data.window)


def down_by_store(chosen: Filters) -> Mapping[str, int] | None:
    """Return how many things of each store are down, None where that isn't known."""
    try:
        found = latest_events.alarms(chosen).down_by_space
    except (GridError, Pending):
        return None
    return {space: count for space, count in found.items() if space is not None}


def _order() -> str:
    return (
        link_parameters.select("store_order", store_tables.ORDERS, label="Order", default="sales", width=180) or "sales"
    )


def _table(
    rows: pd.DataFrame,
    numbers: StoreNumbers,
    compared: Comparison,
    chosen: Filters,
    order: str,
    columns: tuple[str, ...] | None,
    choose: Callable[[str], None],
) -> None:
    """Draw the open page of the table."""
    keys = hashes(rows, ["spaceId"])
    listed = rows.iloc[frozen_rows.page_in_order(frozen_rows.STORES, keys, (chosen.conditions, chosen.start, order))]
    table = store_tables.store_table(listed, numbers, compared=compared.earlier is not None).reset_index(drop=True)
    place_of = dict(zip(rows["spaceId"], range(1, len(rows) + 1), strict=True))
    table.insert(0, RANK, [place_of[space] for space in listed["spaceId"]])
    spaces = [None if pd.isna(space) else str(space) for space in listed["spaceId"]]
    filtered = chosen.condition("spaceId").included
    marked = [place for place, space in enumerate(spaces) if space in filtered]
    table["store"] = [f"{_MARK}{name}" if place in marked else name for place, name in enumerate(table["store"])]
    key = frozen_rows.STORES.key

    def select() -> None:
        selection = st.session_state[key]["selection"]
        # A click on a cell says which row is meant now; a row that is a filter may still be selected.
        cells = [row for row, column in selection["cells"] if column != RANK]
        if selection["cells"] and not cells:
            return
        places = [*cells, *selection["rows"], *marked]
        if places and places[0] < len(spaces) and (space := spaces[places[0]]) is not None:
            choose(space)

    # The filter is what is selected; a row that only opens its store is not.
    selectable_table.select_rows(key, marked[:1])
    st.dataframe(
        table,
        hide_index=True,
        key=key,
        on_select=select,
        selection_mode=("single-row", "single-cell"),
        column_config=_config(table),
        column_order=_columns(table, order, columns),
        placeholder="—",
    )


def _columns(table: pd.DataFrame, order: str, columns: tuple[str, ...] | None) -> list[str]:
    """The columns to draw: that by which the stores are ordered comes first."""
    leading = [RANK, "store", *([_LEADING[order]] if order in _LEADING else [])]
    wanted = [name for name in table.columns if columns is None or name in columns]
    return list(dict.fromkeys(name for name in (*leading, *wanted) if name in table.columns))


def _config(table: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = {
        RANK: st.column_config.NumberColumn(width=40, help=RANK_HELP),
        "store": st.column_config.TextColumn(width=200),
    }
    for name in table.columns:
        if name == "conversion":
            found[name] = st.column_config.NumberColumn(format="percent", width=85, help=HOW[name])
        elif name.startswith("revenue"):
            found[name] = st.column_config.TextColumn(alignment="right", help="Sum of int1 of the purchases by str2.")
        elif name == "change":
            found[name] = st.column_config.NumberColumn(
                "± purchases", format="%+d", width=100, help="Purchases less those of the span before (see below)."
            )
        elif name in HOW:
            found[name] = st.column_config.NumberColumn(format="localized", width=78, help=HOW[name])
    return found


def _notes(numbers: StoreNumbers, compared: Comparison, chosen: Filters, down: Mapping[str, int] | None) -> None:
    words = []
    if compared.earlier is None:
        words.append("No change is shown: the equally long span before is not completely within the 24 hours.")
    elif compared.shown is None:
        words.append("± purchases: the last hour against the hour before.")
    else:
        words.append(
            f"± purchases: {time_range.range_words(chosen, compared.newer)} against the equally long span before."
        )
    unreadable = int(numbers.counts["unreadable"].sum())
    if unreadable:
        words.append(f"{plural(unreadable, 'purchase')} without a readable amount.")
    stray = numbers.counts[numbers.counts["spaceId"].isna()]
    if len(stray) and int(stray["visitors"].iloc[0] + stray["purchases"].iloc[0]):
        words.append(
            f"{plural(int(stray['visitors'].iloc[0]), 'visitor')} and "
            f"{plural(int(stray['purchases'].iloc[0]), 'purchase')} belong to no store: "
            "their session names none, or is not in the list of sessions."
        )
    if down is None:
        words.append("Which things are down is not known yet.")
    if chosen.on_events:
        words.append("Whatever the filters on events.")
    st.caption(escape_markdown(" ".join(words)))
