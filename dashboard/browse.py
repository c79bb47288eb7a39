"""Tables that a person walks through: pages, a chosen row and what it opens, exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import data, exports, holding, tables
from dashboard.columns import ids_of
from dashboard.data import Scene
from dashboard.filters import Filters
from dashboard.formatting import is_missing, plain, plural, shown, whole
from dashboard.metrics import Window
from dashboard.scenes import COUNTS, Rows, rows_of
from gridrt_client.narrow import holds
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Schema

PAGE_ROWS = 100
FEED_ROWS = 15
FEED_ORDER = (
    "eventTime", "eventType", "interaction", "spaceId", "productId", "categoryId", "str1", "str2", "int1", "deviceId",
)  # fmt: skip
LATEST_ORDER = ("status", "thing", "since", "last seen", "deviceId", "spaceId", "silence", "eventType", "int1")
TIMELINE_ORDER = ("eventTime", "gap", "eventType", "productId", "categoryId", "str1", "str2", "int1", "int2")
LAST_FACTS = ("tenantId", "sessionId", "dataResidency", "clientId", "ip", "captureId")
FACTS_CONFIG = {
    "field": st.column_config.TextColumn(width=105),
    "value": st.column_config.TextColumn(width=200),
    "meaning": st.column_config.TextColumn(width=280),
}
# Two clocks, never one: how long the status has held, and when the thing was last heard of. They tick in the browser.
LATEST_CONFIG = {
    "since": st.column_config.DatetimeColumn("since", format="distance", help="When the status last changed."),
    "last seen": st.column_config.DatetimeColumn("last seen", format="distance", help="The newest event."),
}


def event_browser(scene: Scene, events: Rows, chosen: Filters) -> None:
    """The events, which come newest first, a page at a time through all of them; a chosen row opens all its fields.

    ``events`` are those of the scene that are in the time range. The chosen one's session is told from all of the
    scope, whatever their type.
    """
    kept = holding.EVENTS
    held = holding.held(kept, events, scene.now)
    page = _page(held, kept.page, kept.noun)
    key = table(kept.key, *_event_page(scene, held, page, chosen), selected=kept.selected, tz=chosen.tz)
    if key is None:
        return
    record = tables.event_by_key(_candidates(events, "captureId", key), key)
    if record is None:
        st.info("The chosen event has left the past 24 hours or the filters.", icon="🔎")
    else:
        event_panel(record, scene.all_events, chosen, EVENT)


def event_feed(scene: Scene, ahead: int, chosen: Filters) -> None:
    """The newest events but those ahead of the time, which come first; a chosen one opens its fields and session."""
    shown = _event_page(scene, scene.events, (ahead, ahead + FEED_ROWS), chosen)
    key = table("event_feed", *shown, selected="captureId", tz=chosen.tz, order=FEED_ORDER)
    record = tables.event_by_key(_candidates(scene.events, "captureId", key), key) if key is not None else None
    if record is not None:
        event_panel(record, scene.all_events, chosen, EVENT)


def session_browser(scene: Scene, sessions: Rows, chosen: Filters) -> None:
    """The sessions newest first, a page at a time; a chosen one opens its facts and its events in order."""
    kept = holding.SESSIONS
    held = holding.held(kept, sessions, scene.now)
    page = _page(held, kept.page, kept.noun)

    def shown() -> tuple[pd.DataFrame, list[str]]:
        rows = held.listed(*page)
        return tables.session_table(rows, chosen.tz), tables.session_keys(rows)

    made = scene.once("session_page", shown, held.at[slice(*page)].tobytes(), chosen.tz)
    key = table(kept.key, *made, selected=kept.selected, tz=chosen.tz)
    if key is None:
        return
    record = tables.session_by_key(_candidates(sessions, "sessionId", key), key)
    if record is None:
        st.info("The chosen session has left the past 24 hours or the filters.", icon="🔎")
        return
    _facts("Session", record.drop(list(COUNTS)), scene.all_events, chosen, SESSION)


def latest_browser(rows: pd.DataFrame, history: Rows, chosen: Filters) -> None:
    """The latest events, most urgent first; a chosen thing stays chosen when it reports again."""
    place = _page(rows_of(rows), "latest_page", "row", order="most urgent first")
    page = rows.iloc[slice(*place)]
    shown = tables.latest_table(page, chosen.tz)
    words = shown["status"]
    # Labels in the colour of their status; whatever else is latest has none.
    shown["status"] = pd.Series([[] if is_missing(word) else [word] for word in words], index=shown.index, dtype=object)
    colours = dict(zip(words.dropna(), page["colour"].dropna(), strict=True))
    status = st.column_config.MultiselectColumn("status", options=list(colours), color=list(colours.values()))
    key = table(
        "latest_table",
        shown,
        _thing_keys(page, chosen),
        selected="thing",
        tz=chosen.tz,
        config={**LATEST_CONFIG, **({"status": status} if colours else {})},
        order=LATEST_ORDER,
    )
    if key is None:
        return
    keys = _thing_keys(rows, chosen)
    if key not in keys:
        st.info("The chosen thing is not in the newest answer.", icon="🔎")
    else:
        event_panel(rows.iloc[keys.index(key)], history, chosen, LATEST_EVENT)


def event_panel(record: pd.Series, events: Rows, chosen: Filters, schema: Schema) -> None:
    """All fields of one event with what they mean for its type, and what its session did around it."""
    kind = record["eventType"]
    _facts(plain(shown(kind, 60)) if isinstance(kind, str) else "Event", record, events, chosen, schema)


def _facts(title: str, record: pd.Series, events: Rows, chosen: Filters, schema: Schema) -> None:
    with st.container(border=True, key="facts"):
        st.markdown(f"**{title}**")
        fields, story = st.columns([3, 2])
        facts = tables.event_facts(record, schema, chosen.tz)
        with fields:
            st.dataframe(
                facts.sort_values("field", key=lambda names: names.isin(LAST_FACTS), kind="stable"),
                hide_index=True,
                key="fields",
                height=460,
                column_config=FACTS_CONFIG,
            )
        with story:
            _timeline(events, record["sessionId"], chosen)


def _timeline(events: Rows, session_id: object, chosen: Filters) -> None:
    """A session's events in order, with the gaps between them."""
    own = events.having("sessionId", session_id).listed() if isinstance(session_id, str) else events.listed(0, 0)
    rows = tables.session_events(own, str(session_id), chosen.tz)
    if rows.empty:
        st.caption("This session has no events in the past 24 hours.")
        return
    st.dataframe(
        rows,
        hide_index=True,
        key="timeline",
        height=460,
        column_config=columns(rows, chosen.tz)
        | {"eventTime": st.column_config.DatetimeColumn(timezone=chosen.tz, format="HH:mm:ss")},
        column_order=TIMELINE_ORDER,
        placeholder="",
        alt="Events of this session, in order.",
    )


def table(
    key: str,
    frame: pd.DataFrame,
    keys: list[str],
    *,
    selected: str,
    tz: str,
    config: dict[str, Any] | None = None,
    order: Sequence[str] | None = None,
) -> str | None:
    """A table of which one row can be chosen; what was chosen is a key of the row, not its place, and is in the link.

    Parameters
    ----------
    keys
        The key of each row, in the order of the frame.
    selected
        The link's parameter that holds the chosen row's key.

    Returns
    -------
    The chosen row's key, whether or not it is on this page, or None.
    """

    def choose() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        value = keys[rows[0]] if rows and rows[0] < len(keys) else None
        _link(selected, value)

    chosen = st.query_params.get(selected)
    place = [keys.index(chosen)] if chosen in keys else []
    if key not in st.session_state or list(st.session_state[key]["selection"]["rows"]) != place:
        st.session_state[key] = {"selection": {"rows": place, "columns": [], "cells": []}}
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select=choose,
        selection_mode="single-row",
        column_config=columns(frame, tz) | (config or {}),
        column_order=order,
        placeholder="—",
    )
    return chosen


def columns(frame: pd.DataFrame, tz: str) -> dict[str, Any]:
    """How columns are shown: times in the chosen zone, to the second."""
    return {
        name: st.column_config.DatetimeColumn(timezone=tz, format="YYYY-MM-DD HH:mm:ss")
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.DatetimeTZDtype)
    }


def export(report: str, rows: Rows, chosen: Filters, window: Window) -> None:
    """A complete export, made when it is asked for."""
    tenant = data.connection().settings.tenant_id
    st.download_button(
        f"Export {plural(len(rows), 'row')} as CSV",
        data=lambda: exports.to_csv(rows, chosen.tz),
        file_name=exports.file_name(report, tenant, window.start, window.end),
        mime="text/csv",
        key=f"export_{report}",
        on_click="ignore",
        icon="⬇️",
    )


def _event_page(scene: Scene, rows: Rows, page: tuple[int, int], chosen: Filters) -> tuple[pd.DataFrame, list[str]]:
    """A page as a table and the keys of its rows, made once for everybody who looks at these rows."""

    def shown() -> tuple[pd.DataFrame, list[str]]:
        listed = rows.listed(*page)
        return tables.event_table(listed, chosen.tz), tables.event_keys(listed)

    return scene.once("event_page", shown, rows.at[slice(*page)].tobytes(), chosen.tz)


def _page(rows: Rows, key: str, noun: str, *, order: str = "newest first") -> tuple[int, int]:
    """From where to where the page goes that the link names, below the widget that turns pages."""
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    page = 1
    with st.container():
        if pages > 1:
            page = st.pagination(pages, key=key, bind="query-params")
    start, stop = tables.page_span(len(rows), page, PAGE_ROWS)
    st.caption(f"{whole(start + 1)} to {whole(stop)} of {plural(len(rows), noun)}, {order}")
    return start, stop


def _candidates(rows: Rows, column: str, key: str) -> pd.DataFrame:
    """The rows that may have this key: those with this value, or with none where it is a fingerprint of a record."""
    ids = rows.frame[column]
    return rows.where(ids_of(ids).isna().to_numpy() if key.startswith("~") else holds(ids, key)).listed()


def _thing_keys(rows: pd.DataFrame, chosen: Filters) -> list[str]:
    """What stays the same of a thing when it reports again: the values of the distinct columns.

    Of other latest events it is the ``captureId``: theirs may be masked, and so not tell one from another.
    """
    names = [name for name in chosen.distinctColumns if name in rows.columns]
    columns = (rows[name] for name in ("status", "captureId", *names))
    return [
        str(capture)
        if is_missing(status) and not is_missing(capture)
        else " · ".join("" if is_missing(value) else str(value) for value in values)
        for status, capture, *values in zip(*columns, strict=True)
    ]


def _link(name: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
