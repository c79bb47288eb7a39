"""Keep the rows of tables in place while they are read, and the pages of tables where they were, over refreshes.

A table is being read while a page other than the first is open, a row is selected, or the table is scrolled down. Then
newer rows are held back behind a button, and each page shows the rows that it showed, without those that are gone.
What is kept per viewer is where the pages start and the keys of the rows of one page (`viewer_state.TablePages`), never
the whole list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import plural, whole
from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.record_order import Hashes, Listing, Places
from dashboard.data import viewer_state
from dashboard.data.viewer_state import TableOrder, TablePages
from dashboard.tables.records import page_count, page_span
from dashboard.ui import link_parameters, link_state

PAGE_ROWS = 100
LARGEST = 3
"""A page that late rows have made longer than this many pages is divided anew, with those after it."""

MOST_STARTS = 200
"""The starts of this many pages are kept, those nearest to the open one."""


class Table(NamedTuple):
    """A table with pages.

    Attributes
    ----------
    key, page
        The keys of the table and of the widget that turns its pages.
    selected
        The link's parameter that holds the selected row's key.
    time
        The column that it is ordered by, newest first.
    noun
        What a row is.
    order, sort_again
        How rows are ordered whose order changes with the data, and the label of the button that orders them again.
    """

    key: str
    page: str
    selected: str
    time: str
    noun: str
    order: str = "most urgent first"
    sort_again: str = "Sort by urgency again"


EVENTS: Final = Table("event_table", "page", "captureId", "eventTime", "event")
EVENTS_AHEAD: Final = Table("event_table_ahead", "page_ahead", "captureId", "eventTime", "event")
EVENTS_SORTED: Final = Table("event_table", "sorted_page", "captureId", "eventTime", "event")
SESSIONS: Final = Table("session_table", "session_page", "sessionId", "sessionCreated", "session")
SESSIONS_AHEAD: Final = Table("session_table_ahead", "session_page_ahead", "sessionId", "sessionCreated", "session")
LATEST: Final = Table("latest_table", "latest_page", "thing", "eventTime", "row")
STORES: Final = Table("store_table", "store_page", "", "", "store", "in the chosen order", "Sort again")


def page_by_time(
    table: Table,
    rows: RowSelection,
    rows_of: Hashable,
    make: Callable[[Places], tuple[pd.DataFrame, list[str]]],
    now: pd.Timestamp | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """Draw the widget that turns pages, and return the table of the open page and the keys of its rows.

    Parameters
    ----------
    rows
        All rows, newest first; at least one.
    rows_of
        Identifies them: the filters.
    make
        Returns a table and the keys of its rows from their places in the frame.
    now
        The present. Rows from after the time when the table was last drawn are held back while it is read; None: no
        row is held back for being newer.
    """
    state = _pages_of(table, rows_of)
    is_read = _hold(table, state, now)
    listing = Listing(rows.frame, rows.positions, table.time)
    newer = 0 if state.held_now is None else listing.newer_than(state.held_now)
    above, total = st.container(), len(rows) - newer
    page, start, stop = _open_page(table, state, listing, newer, total)
    frame, keys = make(rows.positions[newer + start : newer + stop])
    kept = _shown_before(keys, state.keys) if is_read and page == state.page else [True] * len(keys)
    late = kept.count(False)
    frame, keys = _only(frame, keys, kept)
    with above:
        _newer_button(table, newer + late)
    caption(start, len(keys), total - late, table.noun, "newest first")

    state.page, state.keys, state.was_turned = page, Counter(keys), state.was_turned or page > 1
    if keys:
        last_kept = max(place for place, is_kept in enumerate(kept) if is_kept)
        last = listing.mark(newer + start + last_kept)
        state.starts.setdefault(page, listing.mark(newer + start))
        state.starts.setdefault(page + 1, last._replace(nth=last.nth + 1))
        while len(state.starts) > MOST_STARTS:
            state.starts.pop(max(state.starts, key=lambda other: abs(other - page)))
    return frame, keys


def page_sorted(
    table: Table,
    rows: RowSelection,
    rows_of: Hashable,
    make: Callable[[Places], tuple[pd.DataFrame, list[str]]],
    now: pd.Timestamp,
    order: str,
) -> tuple[pd.DataFrame, list[str]]:
    """Do the same for rows in an order that doesn't change with the data, but isn't that of time.

    ``order`` says which one. Pages start anew from where the open one is: it keeps its rows, and so the next one has
    those after them.
    """
    state = _pages_of(table, rows_of)
    is_read = _hold(table, state, now)
    shown = np.zeros(len(rows), dtype=bool)
    held = rows
    if is_read and state.keys:
        shown = rows.frame[table.selected].isin(list(state.keys)).to_numpy()[rows.positions]
    if state.held_now is not None:
        times = rows.frame[table.time]
        is_newer = ((times > state.held_now) & (times <= now)).to_numpy()[rows.positions] & ~shown
        held, shown = RowSelection(rows.frame, rows.positions[~is_newer]), shown[~is_newer]
    starts, places = {}, np.flatnonzero(shown)
    if len(places):
        starts = {state.page: int(places[0]), state.page + 1: int(places[-1]) + 1}
    above = st.container()
    page = _page_widget(table, page_count(len(held), starts, PAGE_ROWS))
    start, stop = page_span(len(held), page, PAGE_ROWS, starts)
    frame, keys = make(held.positions[start:stop])
    kept = _shown_before(keys, state.keys) if len(places) and page == state.page else [True] * len(keys)
    late = kept.count(False)
    frame, keys = _only(frame, keys, kept)
    with above:
        _newer_button(table, len(rows) - len(held) + late)
    caption(start, len(keys), len(held) - late, table.noun, order)
    state.page, state.keys = page, Counter(keys)
    return frame, keys


def page_in_order(table: Table, keys: Hashes, rows_of: Hashable) -> list[int]:
    """Return the places of the rows of the open page, of a table whose order changes with the data.

    While the table is read its rows keep the order in which they were drawn: new ones come last, and what is gone
    leaves its place empty, so that the pages keep theirs.

    Parameters
    ----------
    keys
        A key for each row, in the present order; the same for the same device in every answer.
    rows_of
        Identifies the rows: the filters.
    """
    keys = _distinct(keys)
    state = viewer_state.current().orders.setdefault(table.key, TableOrder())
    order = keys
    if _is_read(table) and state.rows_of == rows_of:
        order = np.concatenate([state.keys, keys[~np.isin(keys, state.keys)]])
    places = pd.Index(keys).get_indexer(pd.Index(order))
    end = int(np.flatnonzero(places >= 0)[-1]) + 1
    places = places[:end]
    state.rows_of, state.keys = rows_of, order[:end]

    there = places[places >= 0]
    is_sorted = bool((np.diff(there) > 0).all())
    above = st.container()
    page = _page_widget(table, page_count(end, {}, PAGE_ROWS))
    start, stop = page_span(end, page, PAGE_ROWS)
    with above:
        if not is_sorted:
            st.button(table.sort_again, key=f"newer_{table.key}", on_click=release, args=(table,), icon="⬆️")
    shown: list[int] = places[start:stop][places[start:stop] >= 0].tolist()
    order_words = table.order if is_sorted else "in the order in which you began to read"
    caption(int((places[:start] >= 0).sum()), len(shown), len(there), table.noun, order_words)
    return shown


def release(table: Table) -> None:
    """Callback: go to the first of the rows as they are now."""
    viewer_state.current().forget_tables()
    link_parameters.change({table.page: None, table.selected: None})


def _pages_of(table: Table, rows_of: Hashable) -> TablePages:
    """Return what the viewer has seen of these rows: nothing when other rows were listed before."""
    tables = viewer_state.current().pages
    state = tables.setdefault(table.key, TablePages())
    if state.rows_of != rows_of:
        state = tables[table.key] = TablePages(rows_of)
    return state


def _hold(table: Table, state: TablePages, now: pd.Timestamp | None) -> bool:
    """Return whether the table is read; since then newer rows are held back."""
    is_read = _is_read(table)
    if not is_read:
        state.held_now, state.page = None, 0
        # The first page, opened again, has all rows before the start of the second.
        state.starts = state.starts if state.was_turned else {}
    elif state.held_now is None:
        state.held_now = state.drawn_now
    state.drawn_now = now
    return is_read


def _only(frame: pd.DataFrame, keys: list[str], kept: list[bool]) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of a table that are kept, and their keys."""
    if all(kept):
        return frame, keys
    return frame[kept].reset_index(drop=True), [key for key, is_kept in zip(keys, kept, strict=True) if is_kept]


def _newer_button(table: Table, newer: int) -> None:
    """Draw the button that shows the rows that are held back, where there are any."""
    if newer:
        label = f"Show {plural(newer, f'newer {table.noun}')}"
        st.button(label, key=f"newer_{table.key}", on_click=release, args=(table,), icon="⬆️")


def _is_read(table: Table) -> bool:
    is_turned = link_parameters.number(table.page, 1) != 1
    return is_turned or bool(st.query_params.get(table.selected)) or table.key in viewer_state.current().scrolled


def _open_page(table: Table, state: TablePages, listing: Listing, newer: int, total: int) -> tuple[int, int, int]:
    """Draw the widget that turns pages.

    Returns the open page, its first row among those that are not held back, and the one after its last.
    """

    def starts() -> dict[int, int]:
        return {page: max(listing.place(mark) - newer, 0) for page, mark in state.starts.items()}

    wanted = _wanted_page(table)
    start, stop = page_span(total, wanted, PAGE_ROWS, starts())
    if stop - start > LARGEST * PAGE_ROWS and wanted != state.page:
        state.starts = {page: mark for page, mark in state.starts.items() if page <= wanted}
        state.was_turned = wanted > 1
    known = starts()
    page = _page_widget(table, page_count(total, known, PAGE_ROWS))
    return (page, *page_span(total, page, PAGE_ROWS, known))


def _wanted_page(table: Table) -> int:
    """Return the page that the link names."""
    return link_parameters.number(table.page, 1)


def _page_widget(table: Table, pages: int) -> int:
    """Draw the widget that turns pages, where there are several, and return the open page."""
    wanted = _wanted_page(table)
    with st.container():
        if wanted > pages:
            there = f"the last one, {whole(pages)}," if pages > 1 else "the only one"
            link_state.note(table.page, f"There is no {table.page} {whole(wanted)}: {there} is shown.")
        if pages == 1:
            return 1
        return link_parameters.pages(table.page, pages)


def caption(before: int, shown: int, rows: int, noun: str, order: str) -> None:
    """Draw which rows are shown, of how many."""
    if shown:
        st.caption(f"{whole(before + 1)} to {whole(before + shown)} of {plural(rows, noun)}, {order}")
    elif rows:
        st.caption(f"What was on this page is gone; {plural(rows, noun)} on the others, {order}")
    else:
        st.caption("What was on this page is gone.")


def _shown_before(keys: Sequence[str], shown: Counter[str]) -> list[bool]:
    """Return for each row whether it was shown before; of several rows with one key, as many as were shown."""
    left = Counter(shown)
    found = []
    for key in keys:
        found.append(left[key] > 0)
        left[key] -= 1
    return found


def _distinct(keys: Hashes) -> Hashes:
    """Return the keys, changed for rows that repeat one, which the API should have summed up."""
    nth = pd.Series(keys).groupby(keys).cumcount().to_numpy(dtype=np.uint64)
    return keys + nth * np.uint64(0x9E3779B97F4A7C15)
