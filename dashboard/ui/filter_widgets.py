"""The filters in the sidebar: widgets whose keys are the API's parameter names and whose values are in the link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.data import filtered_data, loader
from dashboard.data.viewer_state import ViewerState, browser_zone
from dashboard.filters import (
    DEFAULT_DISTINCT,
    SCOPE,
    Filters,
    parse_time,
    read_refresh,
    read_scope,
    read_time,
    read_value,
    read_zone,
    write_time,
    zones,
)
from dashboard.ui.filter_changes import RANGE, text_of, write_range
from gridrt_client.safe_text import read_shown, shown
from gridrt_client.schema import DISTINCT_COLUMNS, INTERACTION_TYPES

WITH_RANGE: Final = ("sessions", "events")
"""The paths of the pages that apply the time range."""
REFRESH_CHOICES: Final = ("5", "10", "30", "60", "300", "off")
_BOUND: Final = "query-params"
_ALL_FIRST = tuple(sorted(INTERACTION_TYPES, key=lambda name: name != "all"))


def draw(viewer: ViewerState, *, page_changed: bool) -> Filters:
    """Load the options, draw the widgets and return what they say.

    ``viewer`` keeps the counts and the options that are drawn. ``page_changed``: the page replaces another one.
    """
    default_refresh = viewer.loader.connection.settings.refresh_seconds
    linked_scope = read_scope(lambda name: text_of(name) or st.query_params.get(name))
    linked_refresh = st.session_state.get("refresh") or st.query_params.get("refresh")
    interval = read_refresh(linked_refresh, default_refresh, [])
    # All at once, before the widgets say the same: what fails is raised when it is read.
    viewer.loader.request(loader.queries_of(linked_scope), interval)
    if page_changed:
        _restore_range(viewer.time_range)
    viewer.time_range = {name: st.query_params[name] for name in RANGE if st.query_params.get(name)}

    problems: list[str] = []
    with st.sidebar:
        counts = filtered_data.session_counts(interval)
        values = {name: _value_select(name, counts[name]) for name in SCOPE}
        scope = read_scope(values.get)
        counts = {**counts, "eventType": filtered_data.event_counts(scope, interval)}
        event_type = read_value(_value_select("eventType", counts["eventType"]))
        interaction_type = _interaction_type()
        distinct_columns = _distinct_columns()
        _time_range(enabled=viewer.page in WITH_RANGE)
        tz = read_zone(_time_zone(), browser_zone(), problems)
        refresh = read_refresh(_refresh(default_refresh), default_refresh, problems)
    viewer.counts, viewer.options = counts, options_of(counts)
    return Filters(
        **scope,
        eventType=event_type,
        interactionType=interaction_type,
        distinctColumns=distinct_columns,
        tz=tz,
        refresh=refresh,
        start=read_time("from", st.query_params.get("from"), problems),
        end=read_time("to", st.query_params.get("to"), problems),
        problems=tuple(problems),
    )


def options_of(counts: Mapping[str, pd.Series]) -> dict[str, frozenset[object]]:
    """Return the options of the select boxes: while they stay the same the sidebar needn't be drawn again."""
    return {name: frozenset(series.index) for name, series in counts.items()}


def any_counts_open() -> bool:
    """Whether a list of values and their counts is open."""
    return any(getattr(st.session_state.get(f"counts_{name}"), "open", False) for name in (*SCOPE, "eventType"))


def _value_select(name: str, counts: pd.Series) -> str | None:
    """Return the text of a filter; ``counts`` are the values to choose from (index) and how many records have each."""
    options = [shown(value) for value in counts.index]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        chosen: str | None = st.selectbox(
            name,
            _with_chosen(name, options),
            index=None,
            # No count where none is known, which is not the same as none there.
            placeholder=f"any of {len(counts):,}" if len(counts) else "any",
            key=name,
            bind=_BOUND,
            accept_new_options=True,
            filter_mode="contains",
            on_change=_take_first_match,
            args=(name, options),
            help=f"{name}, exactly. Enter takes the first match; in quotes a value is taken as it is typed.",
        )
        with st.popover("#", help=f"{name}: values and counts", key=f"counts_{name}", on_change="rerun") as values:
            if values.open:
                _counts_table(name, options, counts)
    return chosen


def _counts_table(name: str, options: list[str], counts: pd.Series) -> None:
    table = f"counts_table_{name}"

    def choose() -> None:
        rows = st.session_state[table]["selection"]["rows"]
        st.session_state[name] = options[rows[0]] if rows else None

    frame = pd.DataFrame({name: options, "records": counts.to_numpy()})
    widths = {name: st.column_config.TextColumn(width=200), "records": st.column_config.NumberColumn(width=70)}
    st.dataframe(
        frame,
        width=330,
        hide_index=True,
        key=table,
        on_select=choose,
        selection_mode="single-row",
        column_config=widths,
    )


def _interaction_type() -> str:
    value = st.segmented_control(
        "interactionType",
        _ALL_FIRST,
        default="all",
        required=True,
        key="interactionType",
        bind=_BOUND,
        help="Whether a person did it, or a device or an app by itself.",
    )
    return value or "all"


def _distinct_columns() -> tuple[str, ...]:
    chosen = st.multiselect(
        "distinctColumns",
        DISTINCT_COLUMNS,
        default=list(DEFAULT_DISTINCT),
        key="distinctColumns",
        bind=_BOUND,
        help="Latest events and device status: the newest event for each distinct combination of these columns.",
    )
    # In the API's order, so that the same columns are the same query.
    return tuple(name for name in DISTINCT_COLUMNS if name in chosen)


def _time_zone() -> str | None:
    value: str | None = st.selectbox(
        "tz",
        _with_chosen("tz", zones()),
        on_change=_take_first_match,
        args=("tz", zones()),
        filter_mode="contains",
        index=None,
        placeholder=f"this browser's: {browser_zone()}",
        key="tz",
        bind=_BOUND,
        accept_new_options=True,
        help="Time zone of axes, tables and exports.",
    )
    return value


def _refresh(default: float) -> str | None:
    value: str | None = st.selectbox(
        "refresh",
        _with_chosen("refresh", REFRESH_CHOICES),
        index=None,
        placeholder=f"{default:g}",
        key="refresh",
        bind=_BOUND,
        accept_new_options=True,
        help="Seconds between refreshes, or off.",
    )
    return value


def _time_range(*, enabled: bool) -> None:
    """Draw two text inputs for the time range.

    They are not bound to the link by Streamlit, which would write two values as two steps of the browser's history.
    """
    note = (
        "UTC unless it says otherwise, such as 2026-11-23T12:20Z or +01:00; or before now, such as now-3h. "
        "A drag over the histogram sets it, too."
        if enabled
        else "For Sessions and Events."
    )

    def typed() -> None:
        write_range(*(_canonical_time(st.session_state[f"{name}_input"]) for name in RANGE))

    with st.container(horizontal=True, gap="xsmall"):
        for name in RANGE:
            st.session_state[f"{name}_input"] = st.query_params.get(name) or None
            st.text_input(
                name,
                key=f"{name}_input",
                on_change=typed,
                placeholder="2026-11-23T12:20Z",
                help=note,
                disabled=not enabled,
            )


def _restore_range(time_range: Mapping[str, str]) -> None:
    """Carry the time range over to another page: a change of page leaves only bound parameters in the link."""
    if time_range and not any(st.query_params.get(name) for name in RANGE):
        st.query_params.update(time_range)


def _with_chosen(name: str, options: Iterable[str]) -> list[str]:
    """Return the options, with the chosen value where it isn't among them: a silent device is a legal filter."""
    known = list(options)
    chosen = st.session_state.get(name) or st.query_params.get(name)
    return known if not chosen or chosen in known else [*known, chosen]


def _take_first_match(name: str, options: Sequence[str]) -> None:
    """Callback: replace a typed text by the first option that contains it; a text in quotes stays, or without one."""
    typed = text_of(name)
    if typed is None or typed in options:
        return
    value, part = read_shown(typed), typed.strip().casefold()
    first = next((option for option in options if value == typed and part in option.casefold()), None)
    st.session_state[name] = first or shown(value)


def _canonical_time(text: str | None) -> str | None:
    """Return a typed time as the link writes it; a text that is no time unchanged."""
    moment = parse_time(text) if text else None
    return text if moment is None else write_time(moment)
