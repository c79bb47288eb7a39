"""Tables that a person walks through: pages, a chosen row and what it opens, exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.analysis.columns import ids_of
from dashboard.analysis.formatting import escape_markdown, is_missing, plural
from dashboard.analysis.joined_events import COUNTS, RowSelection
from dashboard.analysis.record_order import Places
from dashboard.data import filtered_data, loader
from dashboard.filters import Filters, Window
from dashboard.tables import exports, records
from dashboard.ui import frozen_rows, messages
from gridrt_client.filtering import holds
from gridrt_client.safe_text import shown
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Schema

FEED_ROWS = 15
FEED_ORDER = (
    "eventTime", "eventType", "interaction", "spaceId", "productId", "categoryId", "str1", "str2", "int1", "deviceId",
)  # fmt: skip
LATEST_ORDER = ("status", "thing", "held", "since", "last seen", "clock", "deviceId", "spaceId", "eventType", "int1")
TIMELINE_ORDER = ("eventTime", "gap", "eventType", "productId", "categoryId", "str1", "str2", "int1", "int2")
LAST_FACTS = ("tenantId", "sessionId", "dataResidency", "clientId", "ip", "captureId")
FACTS_CONFIG = {
    "field": st.column_config.TextColumn(width=105),
    "value": st.column_config.TextColumn(width=200),
    "meaning": st.column_config.TextColumn(width=280),
}
# Two clocks, never one: how long the status has held, and when the thing was last heard of. They tick in the browser.
LATEST_CONFIG = {
    "held": st.column_config.TextColumn(
        "held",
        width=70,
        help="exactly: the report before said another status. at least: no earlier report is known, so the status may "
        "have held for longer.",
    ),
    "since": st.column_config.DatetimeColumn(
        "since", format="distance", help="When the status was first reported without another one since."
    ),
    "last seen": st.column_config.DatetimeColumn("last seen", format="distance", help="The newest event."),
    "clock": st.column_config.TextColumn(
        "clock", width=110, help="Why there is no last seen: the newest event is from the future, or has no time."
    ),
}


def event_browser(scene: filtered_data.FilteredData, events: RowSelection, chosen: Filters) -> None:
    """The events, newest first, a page at a time through all of them; a chosen row opens all its fields.

    ``events`` are those of the scope that match and are in the time range; those from the future have a table of their
    own. The chosen one's session is told from all of the scope, whatever their type.
    """

    def made(rows: RowSelection) -> tuple[pd.DataFrame, list[str]]:
        return _event_page(scene, rows, chosen)

    _browser(frozen_rows.EVENTS, frozen_rows.EVENTS_AHEAD, scene, events, chosen, made)
    chosen_event(scene, events, chosen)


def event_feed(scene: filtered_data.FilteredData, chosen: Filters) -> None:
    """The newest events up to now; a chosen one opens its fields and its session."""
    newest = scene.events.split("eventTime", scene.now)[0].first(FEED_ROWS)
    table("event_feed", *_event_page(scene, newest, chosen), selected="captureId", tz=chosen.tz, order=FEED_ORDER)
    chosen_event(scene, scene.events, chosen)


def chosen_event(scene: filtered_data.FilteredData, events: RowSelection, chosen: Filters) -> None:
    """The event that the link names, or why it isn't among these."""
    key = st.query_params.get("captureId")
    with st.container():
        if not key:
            return
        record = records.event_by_key(_candidates(events, "captureId", key), key)
        if record is not None:
            event_panel(record, scene.all_events, chosen, EVENT)
        else:
            everywhere = records.event_by_key(_candidates(scene.all_events, "captureId", key), key)
            messages.not_listed("captureId", key, "event", chosen, elsewhere=everywhere is not None)


def session_browser(scene: filtered_data.FilteredData, sessions: RowSelection, chosen: Filters) -> None:
    """The sessions, newest first, a page at a time; a chosen one opens its facts and its events in order.

    Those from the future have a table of their own.
    """

    def made(rows: RowSelection) -> tuple[pd.DataFrame, list[str]]:
        def shown() -> tuple[pd.DataFrame, list[str]]:
            listed = rows.take_rows()
            return records.session_table(listed, chosen.tz), records.session_keys(listed)

        return scene.memoize("session_page", shown, rows.positions.tobytes(), chosen.tz)

    _browser(frozen_rows.SESSIONS, frozen_rows.SESSIONS_AHEAD, scene, sessions, chosen, made)
    chosen_session(scene, sessions, chosen)


def chosen_session(scene: filtered_data.FilteredData, sessions: RowSelection, chosen: Filters) -> None:
    """The session that the link names, or why it isn't among these."""
    key = st.query_params.get("sessionId")
    with st.container():
        if not key:
            return
        record = records.session_by_key(_candidates(sessions, "sessionId", key), key)
        if record is not None:
            _facts("Session", record.drop(list(COUNTS)), scene.all_events, chosen, SESSION)
        else:
            everywhere = records.session_by_key(_candidates(scene.all_sessions, "sessionId", key), key)
            events = len(scene.all_events.having("sessionId", key))
            if everywhere is None and events:
                known = f"the API names it only in {plural(events, 'event')}."
                messages.not_found("sessionId", key, "in the list of sessions", known)
            else:
                messages.not_listed("sessionId", key, "session", chosen, elsewhere=everywhere is not None)


def latest_browser(rows: pd.DataFrame, everything: pd.DataFrame, history: RowSelection, chosen: Filters) -> None:
    """The latest events, most urgent first; a chosen thing stays chosen when it reports again.

    ``rows`` are those of ``everything``, the whole answer, that are to be listed; at least one.
    """
    listed = (_filters(chosen), st.session_state.get("rows") == "all", st.session_state.get("status"))
    page = rows.iloc[frozen_rows.steady(frozen_rows.LATEST, rows["combination"].to_numpy(), listed)]
    shown = records.latest_table(page, chosen.tz)
    words = shown["status"]
    # Labels in the colour of their status; whatever else is latest has none.
    shown["status"] = pd.Series([[] if is_missing(word) else [word] for word in words], index=shown.index, dtype=object)
    colours = dict(zip(words.dropna(), page["colour"].dropna(), strict=True))
    status = st.column_config.MultiselectColumn("status", options=list(colours), color=list(colours.values()))
    wrong_clocks = rows["clock"].notna().any()
    table(
        frozen_rows.LATEST.key,
        shown,
        records.thing_keys(page, chosen.distinctColumns),
        selected="thing",
        tz=chosen.tz,
        config={**LATEST_CONFIG, **({"status": status} if colours else {})},
        order=[name for name in LATEST_ORDER if name != "clock" or wrong_clocks],
    )
    chosen_thing(rows, everything, history, chosen)


def chosen_thing(rows: pd.DataFrame, everything: pd.DataFrame, history: RowSelection, chosen: Filters) -> None:
    """The newest event of the thing that the link names, or why it isn't among these."""
    key = st.query_params.get("thing")
    with st.container():
        if not key:
            return
        keys = records.thing_keys(rows, chosen.distinctColumns)
        if key in keys:
            event_panel(rows.iloc[keys.index(key)][list(LATEST_EVENT.names)], history, chosen, LATEST_EVENT)
        elif key in records.thing_keys(everything, chosen.distinctColumns):
            messages.not_found("thing", key, "among the rows shown", "another status or kind of rows is chosen above.")
        else:
            why = "it is silent, the filters or distinctColumns leave it out, or the link is mistyped."
            messages.not_found("thing", key, "in the newest answer", why)


def event_panel(record: pd.Series, events: RowSelection, chosen: Filters, schema: Schema) -> None:
    """All fields of one event with what they mean for its type, and what its session did around it."""
    kind = record["eventType"]
    _facts(escape_markdown(shown(kind, 60)) if isinstance(kind, str) else "Event", record, events, chosen, schema)


def _facts(title: str, record: pd.Series, events: RowSelection, chosen: Filters, schema: Schema) -> None:
    with st.container(border=True, key="facts"):
        st.markdown(f"**{title}**")
        fields, story = st.columns([3, 2])
        facts = records.event_facts(record, schema, chosen.tz)
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


def _timeline(events: RowSelection, session_id: object, chosen: Filters) -> None:
    """A session's events in order, with the gaps between them."""
    own = events.having("sessionId", session_id).take_rows() if isinstance(session_id, str) else events.take_rows(0, 0)
    rows = records.session_events(own, str(session_id), chosen.tz)
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
        placeholder="—",
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
) -> None:
    """A table of which one row can be chosen; what was chosen is a key of the row, not its place, and is in the link.

    Parameters
    ----------
    keys
        The key of each row, in the order of the frame.
    selected
        The link's parameter that holds the chosen row's key.
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


def columns(frame: pd.DataFrame, tz: str) -> dict[str, Any]:
    """How columns are shown: times in the chosen zone, to the second."""
    return {
        name: st.column_config.DatetimeColumn(timezone=tz, format="YYYY-MM-DD HH:mm:ss")
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.DatetimeTZDtype)
    }


def export(report: str, rows: RowSelection, chosen: Filters, window: Window) -> None:
    """A complete export, made when it is asked for."""
    tenant = loader.connection().settings.tenant_id
    st.download_button(
        f"Export {plural(len(rows), 'row')} as CSV",
        data=lambda: exports.to_csv(rows, chosen.tz),
        file_name=exports.file_name(report, tenant, window.start, window.end),
        mime="text/csv",
        key=f"export_{report}",
        on_click="ignore",
        icon="⬇️",
    )


def _browser(
    main: frozen_rows.Table,
    future: frozen_rows.Table,
    scene: filtered_data.FilteredData,
    rows: RowSelection,
    chosen: Filters,
    made: Callable[[RowSelection], tuple[pd.DataFrame, list[str]]],
) -> None:
    """The rows up to now, and below them, where there are some, those from the future."""
    past, ahead = rows.split(main.time, scene.now)
    listed = (_filters(chosen), st.query_params.get("at"))

    def of(at: Places) -> tuple[pd.DataFrame, list[str]]:
        return made(RowSelection(rows.frame, at))

    with st.container():
        if past.empty:
            st.caption(f"No {main.noun}s up to now: all of them are from the future.")
        else:
            page = frozen_rows.turned(main, past, listed, of, scene.now)
            table(main.key, *page, selected=main.selected, tz=chosen.tz)
    with st.container():
        if ahead.empty:
            return
        clocks = "whose clock is ahead" if len(ahead) == 1 else "whose clocks are ahead"
        with st.container(horizontal=True, vertical_alignment="center", key=f"{future.key}_heading"):
            st.markdown(f"**From the future: {plural(len(ahead), future.noun)} {clocks}**", width="content")
            wanted = st.toggle("List them", key="ahead", bind="query-params")
        if wanted:
            page = frozen_rows.turned(future, ahead, listed, of)
            table(future.key, *page, selected=future.selected, tz=chosen.tz)


def _filters(chosen: Filters) -> Filters:
    """What decides which rows are listed."""
    return replace(chosen, tz="UTC", refresh=None, problems=())


def _event_page(
    scene: filtered_data.FilteredData, rows: RowSelection, chosen: Filters
) -> tuple[pd.DataFrame, list[str]]:
    """A page as a table and the keys of its rows, made once for everybody who looks at these rows."""

    def shown() -> tuple[pd.DataFrame, list[str]]:
        listed = rows.take_rows()
        return records.event_table(listed, chosen.tz), records.event_keys(listed)

    return scene.memoize("event_page", shown, rows.positions.tobytes(), chosen.tz)


def _candidates(rows: RowSelection, column: str, key: str) -> pd.DataFrame:
    """The rows that may have this key: those with this value, or with none where it is a fingerprint of a record."""
    ids = rows.frame[column]
    mask = holds(ids, key)
    if key.startswith("~"):
        mask = mask | ids_of(ids).isna().to_numpy()
    found = rows.where(mask)
    return found.frame.take(found.positions)


def _link(name: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
