"""A table keeps still while a person reads it: newer rows wait until they are asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import pandas as pd
import streamlit as st

from dashboard.formatting import plural
from dashboard.scenes import Rows

_HELD, _SHOWN, _SCROLLED = "_held", "_shown", "_scrolled"


class Table(NamedTuple):
    """A table of rows that come newest first.

    Attributes
    ----------
    key, page
        The keys of the table and of its pages.
    selected
        The link's parameter that holds the chosen row's key.
    time
        The column that it is ordered by.
    noun
        What a row is.
    """

    key: str
    page: str
    selected: str
    time: str
    noun: str


EVENTS = Table("event_table", "page", "captureId", "eventTime", "event")
SESSIONS = Table("session_table", "session_page", "sessionId", "sessionCreated", "session")


def held(table: Table, ordered: Rows, now: pd.Timestamp) -> Rows:
    """The rows without those that came since a person turned a page, opened a row or scrolled; a button shows these."""
    state, hold, shown = st.session_state, _HELD + table.key, _SHOWN + table.key
    if not _read(table):
        state.pop(hold, None)
    elif shown in state:
        state.setdefault(hold, state[shown])
    state[shown] = now
    newer, rows = 0, ordered
    if hold in state:
        times = ordered.frame[table.time]
        rows = ordered.where(~((times > state[hold]) & (times <= now)).to_numpy(dtype=bool))
        newer = len(ordered) - len(rows)
    with st.container():
        if newer:
            told = f"Show {plural(newer, f'newer {table.noun}')}"
            st.button(told, key=f"newer_{table.key}", on_click=_let_go, args=(table,), icon="⬆️")
    return rows


def scrolled(keys: Collection[str]) -> None:
    """Which tables are scrolled down, as the browser says when it asks for a refresh."""
    st.session_state[_SCROLLED] = keys


def forget() -> None:
    """Another view is opened: what was read on the one before is left."""
    for table in (EVENTS, SESSIONS):
        for name in (_HELD, _SHOWN):
            st.session_state.pop(name + table.key, None)
    st.session_state.pop(_SCROLLED, None)


def _read(table: Table) -> bool:
    turned = st.session_state.get(table.page, 1) != 1
    return turned or table.selected in st.query_params or table.key in st.session_state.get(_SCROLLED, ())


def _let_go(table: Table) -> None:
    """Callback: to the newest rows."""
    forget()
    st.session_state[table.page] = 1
    st.query_params.pop(table.selected, None)
