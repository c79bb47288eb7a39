"""Tables keep still while a person reads them, and pages keep their places, whatever a refresh brings.

A table is *read* while another page than the first is open, a row is open, or the table is scrolled down. Then rows
that came since wait until they are asked for, and each page shows the rows that it showed, without those that are gone.
What is kept of a viewer are the begins of the pages turned and the keys of the rows of one page, never the list itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import plural, whole
from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.record_order import Hashes, Listing, Mark, Places
from dashboard.tables.records import page_count, page_span
from dashboard.ui import link_state

PAGE_ROWS = 100
LARGEST = 3
"""Where late rows have made a page longer than so many pages, what comes after it is divided anew."""

MOST_BEGINS = 200
"""So many pages, the nearest to the open one, keep their begins."""

_WALK, _ORDER, _SCROLLED = "_walk", "_order", "_scrolled"


class Table(NamedTuple):
    """A table whose pages can be turned.

    Attributes
    ----------
    key, page
        The keys of the table and of its pages.
    selected
        The link's parameter that holds the chosen row's key.
    time
        The column that it is ordered by, newest first.
    noun
        What a row is.
    """

    key: str
    page: str
    selected: str
    time: str
    noun: str


EVENTS = Table("event_table", "page", "captureId", "eventTime", "event")
EVENTS_AHEAD = Table("event_table_ahead", "page_ahead", "captureId", "eventTime", "event")
SESSIONS = Table("session_table", "session_page", "sessionId", "sessionCreated", "session")
SESSIONS_AHEAD = Table("session_table_ahead", "session_page_ahead", "sessionId", "sessionCreated", "session")
LATEST = Table("latest_table", "latest_page", "thing", "eventTime", "row")
_ALL = (EVENTS, EVENTS_AHEAD, SESSIONS, SESSIONS_AHEAD, LATEST)


@dataclass
class _Walk:
    """What a viewer has been shown of a list.

    Attributes
    ----------
    listed
        What the list is of; with another one the pages begin anew.
    shown, hold
        What time it was when the list was last drawn, and from when on newer rows wait; None: they don't.
    begins
        Where pages begin, by their numbers.
    walked
        Whether another page than the first was shown.
    page, keys
        The page that was drawn last, and how many of its rows have each key.
    """

    listed: Hashable = None
    shown: pd.Timestamp | None = None
    hold: pd.Timestamp | None = None
    begins: dict[int, Mark] = field(default_factory=dict)
    walked: bool = False
    page: int = 0
    keys: Counter[str] = field(default_factory=Counter)


@dataclass
class _Order:
    """The keys of all rows of a table in the order in which they were last drawn, and what the table lists."""

    listed: Hashable = None
    keys: Hashes = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))


def turned(
    table: Table,
    rows: RowSelection,
    listed: Hashable,
    made: Callable[[Places], tuple[pd.DataFrame, list[str]]],
    now: pd.Timestamp | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """The page of a list that the link names, below the widget that turns pages and a sentence that tells which it is.

    Parameters
    ----------
    rows
        All rows, newest first; at least one.
    listed
        What they are of: the filters.
    made
        Makes a table and the keys of its rows from their places in the frame.
    now
        The present; rows from after the last time that the table was drawn wait while it is read. Without it no row
        waits for being newer.
    """
    walk: _Walk = st.session_state.setdefault(_WALK + table.key, _Walk())
    if walk.listed != listed:
        _from_the_first(table, walk.listed)
        walk = st.session_state[_WALK + table.key] = _Walk(listed)
    read = _read(table)
    if not read:
        walk.hold, walk.page = None, 0
        # Who comes back to the first page finds there all that comes before the second.
        walk.begins = walk.begins if walk.walked else {}
    elif walk.hold is None:
        walk.hold = walk.shown
    walk.shown = now

    listing = Listing(rows.frame, rows.positions, table.time)
    newer = 0 if walk.hold is None else listing.newer_than(walk.hold)
    above, n = st.container(), len(rows) - newer
    page, start, stop = _span(table, walk, listing, newer, n)
    places = rows.positions[newer + start : newer + stop]
    frame, keys = made(places)
    kept = [True] * len(keys)
    if read and page == walk.page:
        kept = _known(keys, walk.keys)
        frame, keys = _some(frame, kept), [key for key, known in zip(keys, kept, strict=True) if known]
    late = len(kept) - len(keys)
    with above:
        if newer + late:
            told = f"Show {plural(newer + late, f'newer {table.noun}')}"
            st.button(told, key=f"newer_{table.key}", on_click=let_go, args=(table,), icon="⬆️")
    _tell(start, len(keys), n - late, table.noun, "newest first")

    walk.page, walk.keys, walk.walked = page, Counter(keys), walk.walked or page > 1
    if keys:
        last = listing.mark(newer + start + max(place for place, known in enumerate(kept) if known))
        walk.begins.setdefault(page, listing.mark(newer + start))
        walk.begins.setdefault(page + 1, last._replace(nth=last.nth + 1))
        while len(walk.begins) > MOST_BEGINS:
            walk.begins.pop(max(walk.begins, key=lambda other: abs(other - page)))
    return frame, keys


def steady(table: Table, keys: Hashes, listed: Hashable) -> list[int]:
    """The places of the rows of the page that the link names, for a table whose order changes by itself.

    While the table is read its rows keep the order in which they were drawn: new ones come last, and what is gone
    leaves its place empty, so that the pages keep theirs.

    Parameters
    ----------
    keys
        A key for each row, in the order that they have now; the same for the same thing in every answer.
    listed
        What the rows are of: the filters.
    """
    keys = _distinct(keys)
    known: _Order = st.session_state.setdefault(_ORDER + table.key, _Order())
    if known.listed != listed:
        _from_the_first(table, known.listed)
    order = keys
    if _read(table) and known.listed == listed:
        order = np.concatenate([known.keys, keys[~np.isin(keys, known.keys)]])
    places = pd.Index(keys).get_indexer(pd.Index(order))
    end = int(np.flatnonzero(places >= 0)[-1]) + 1
    places = places[:end]
    known.listed, known.keys = listed, order[:end]

    there = places[places >= 0]
    as_sorted = bool((np.diff(there) > 0).all())
    above = st.container()
    page = _pages(table, page_count(end, {}, PAGE_ROWS))
    start, stop = page_span(end, page, PAGE_ROWS)
    with above:
        if not as_sorted:
            st.button("Sort by urgency again", key=f"newer_{table.key}", on_click=let_go, args=(table,), icon="⬆️")
    shown: list[int] = places[start:stop][places[start:stop] >= 0].tolist()
    order_told = "most urgent first" if as_sorted else "in the order in which you began to read"
    _tell(int((places[:start] >= 0).sum()), len(shown), len(there), table.noun, order_told)
    return shown


def scrolled(keys: Collection[str]) -> None:
    """Which tables are scrolled down, as the browser says when it asks for a refresh."""
    st.session_state[_SCROLLED] = keys


def forget() -> None:
    """Another view is opened: what was read on the one before is left."""
    for table in _ALL:
        for name in (_WALK, _ORDER):
            st.session_state.pop(name + table.key, None)
    st.session_state.pop(_SCROLLED, None)


def let_go(table: Table) -> None:
    """Callback: to the first of the rows as they are now."""
    forget()
    st.session_state[table.page] = 1
    st.query_params.pop(table.selected, None)


def _read(table: Table) -> bool:
    is_turned = st.session_state.get(table.page, 1) != 1
    return is_turned or bool(st.query_params.get(table.selected)) or table.key in st.session_state.get(_SCROLLED, ())


def _span(table: Table, walk: _Walk, listing: Listing, newer: int, n: int) -> tuple[int, int, int]:
    """The page, its first row of those that don't wait and the one after its last, below the widget for turning."""

    def begins() -> dict[int, int]:
        return {page: max(listing.place(mark) - newer, 0) for page, mark in walk.begins.items()}

    asked = _asked(table)
    start, stop = page_span(n, asked, PAGE_ROWS, begins())
    if stop - start > LARGEST * PAGE_ROWS and asked != walk.page:
        walk.begins = {page: mark for page, mark in walk.begins.items() if page <= asked}
        walk.walked = asked > 1
    known = begins()
    page = _pages(table, page_count(n, known, PAGE_ROWS))
    return (page, *page_span(n, page, PAGE_ROWS, known))


def _from_the_first(table: Table, before: Hashable) -> None:
    """Other rows are listed: their first page is shown, unless they are the first ones and a link names a page."""
    if before is not None and table.page in st.session_state:
        st.session_state[table.page] = 1


def _asked(table: Table) -> int:
    """The page that the widget or the link names."""
    value = st.session_state.get(table.page, st.query_params.get(table.page))
    try:
        return max(int(value or 1), 1)
    except ValueError:
        return 1


def _pages(table: Table, pages: int) -> int:
    """The widget that turns pages, where there are several; the page that it is at."""
    asked = _asked(table)
    with st.container():
        if asked > pages:
            there = f"the last one, {whole(pages)}," if pages > 1 else "the only one"
            link_state.note(table.page, f"There is no {table.page} {whole(asked)}: {there} is shown.")
        if pages == 1:
            return 1
        if asked > pages:
            # By itself it would go to the first page when the last one is gone.
            st.session_state[table.page] = pages
        page: int = st.pagination(pages, key=table.page, bind="query-params")
        return page


def _tell(before: int, shown: int, rows: int, noun: str, order: str) -> None:
    """Which rows are shown, of how many."""
    if shown:
        st.caption(f"{whole(before + 1)} to {whole(before + shown)} of {plural(rows, noun)}, {order}")
    elif rows:
        st.caption(f"What was on this page is gone; {plural(rows, noun)} on the others, {order}")
    else:
        st.caption("What was on this page is gone.")


def _known(keys: Sequence[str], shown: Counter[str]) -> list[bool]:
    """For each row whether it was shown before; of several with one key as many as there were."""
    left = Counter(shown)
    found = []
    for key in keys:
        found.append(left[key] > 0)
        left[key] -= 1
    return found


def _distinct(keys: Hashes) -> Hashes:
    """The keys, others for rows that an answer should have summed up into one."""
    nth = pd.Series(keys).groupby(keys).cumcount().to_numpy(dtype=np.uint64)
    return keys + nth * np.uint64(0x9E3779B97F4A7C15)


def _some(frame: pd.DataFrame, kept: Sequence[bool]) -> pd.DataFrame:
    return frame if all(kept) else frame[list(kept)].reset_index(drop=True)
