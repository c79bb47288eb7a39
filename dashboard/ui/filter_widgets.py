"""The filters in the sidebar: widgets whose keys are the API's parameter names and whose values are in the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.names import field_label
from dashboard.data import filtered_data, loader, viewer_state
from dashboard.data.viewer_state import ViewerState, browser_zone
from dashboard.filters import (
    DEFAULT_DISTINCT,
    FIELDS,
    SCOPE,
    Condition,
    Filters,
    api_scope,
    is_excluding,
    read_condition,
    read_refresh,
    read_time,
    read_zone,
    write_value,
    zones,
)
from dashboard.ui import filter_changes, link_parameters
from gridrt_client.safe_text import read_shown
from gridrt_client.schema import DISTINCT_COLUMNS, INTERACTION_TYPES

COLUMNS: Final = "distinctColumns"
REFRESH_CHOICES: Final = ("5", "10", "30", "60", "300", "off")
_ALL_FIRST = tuple(sorted(INTERACTION_TYPES, key=lambda name: name != "all"))


def draw(viewer: ViewerState) -> Filters:
    """Load the options, draw the widgets and return what the link and they say.

    ``viewer`` keeps the counts and the options that are drawn.
    """
    problems: list[str] = []
    read = (read_condition(name, st.query_params.get_all(name), problems) for name in FIELDS)
    conditions = tuple(one for one in read if one is not None)
    scope = api_scope(conditions)
    default_refresh = viewer.loader.connection.settings.refresh_seconds
    interval = read_refresh(st.query_params.get("refresh"), default_refresh, problems)
    # All at once: what fails is raised when it is read.
    viewer.loader.request(loader.queries_of(scope), interval)
    counts = {
        **filtered_data.session_counts(interval),
        "eventType": filtered_data.event_counts(scope, interval),
    }
    if not viewer.presents:
        with st.sidebar:
            for name in (*SCOPE, "eventType"):
                _value_select(name, counts[name])
            _interaction_type()
            if viewer.page == "latest":
                _distinct_columns()
            _time_zone()
            _refresh(default_refresh)
    viewer.counts, viewer.options = counts, options_of(counts)
    return Filters(
        conditions=conditions,
        interactionType=link_parameters.linked("interactionType", _ALL_FIRST) or "all",
        distinctColumns=linked_columns(),
        tz=read_zone(st.query_params.get("tz"), browser_zone(), problems),
        refresh=interval,
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


def _value_select(name: str, counts: pd.Series) -> None:
    """Draw the widget of a filter; ``counts`` are the values to choose from (index) and how many records have each."""
    names, options = viewer_state.names(), [write_value(value) for value in counts.index]
    terms = list(filter_changes.linked(name).terms)
    link_parameters.show(name, terms)
    known = dict(zip(options, counts.index, strict=True))

    def label(term: str) -> str:
        if term in known:
            return names.of(name, known[term])
        value = names.of(name, read_shown(term[1:] if is_excluding(term) else term))
        return f"not {value}" if is_excluding(term) else value

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.multiselect(
            field_label(name),
            [*options, *(term for term in terms if term not in known)],
            # No count where none is known, which is not the same as none there.
            placeholder=f"any of {len(counts):,}" if len(counts) else "any",
            key=name,
            format_func=label,
            accept_new_options=True,
            # The best match comes first: the value itself before longer ones that hold it.
            filter_mode="fuzzy",
            # Enter would choose all that hold the typed text.
            select_all=False,
            on_change=_choose,
            args=(name,),
            help=f"{name}: each value exactly; with - in front it is left out, in quotes it is taken as it is typed.",
        )
        with st.popover(
            "#", help=f"{name}: values and counts", key=f"counts_{name}", on_change=link_parameters.restore
        ) as values:
            if values.open:
                _counts_table(name, options, counts)


def _choose(name: str) -> None:
    """Callback: write what the widget holds into the link."""
    chosen = read_condition(name, st.session_state[name], [])
    filter_changes.write(chosen or Condition(name))


def _counts_table(name: str, options: list[str], counts: pd.Series) -> None:
    table, names = f"counts_table_{name}", viewer_state.names()

    def choose() -> None:
        rows = st.session_state[table]["selection"]["rows"]
        filter_changes.write(Condition(name, (str(counts.index[rows[0]]),) if rows else ()))

    columns = {name: options, "records": counts.to_numpy()}
    if any(names.name_of(name, value) for value in counts.index):
        columns = {"name": [names.of(name, value) for value in counts.index], **columns}
    widths = {name: st.column_config.TextColumn(width=200), "records": st.column_config.NumberColumn(width=70)}
    st.dataframe(
        pd.DataFrame(columns),
        width=330,
        hide_index=True,
        key=table,
        on_select=choose,
        selection_mode="single-row",
        column_config=widths,
    )


def _interaction_type() -> None:
    link_parameters.segments(
        "interactionType",
        {name: name for name in _ALL_FIRST},
        label=field_label("interactionType"),
        default="all",
        help="interactionType: whether a person did it, or a device or an app by itself.",
    )


def _distinct_columns() -> None:
    def choose() -> None:
        chosen = [name for name in DISTINCT_COLUMNS if name in st.session_state[COLUMNS]]
        # None of them is a choice too, which the page answers.
        link_parameters.change({COLUMNS: None if tuple(chosen) == DEFAULT_DISTINCT else chosen or ""})

    link_parameters.show(COLUMNS, list(linked_columns()))
    with st.expander("Advanced"):
        st.multiselect(
            COLUMNS,
            DISTINCT_COLUMNS,
            key=COLUMNS,
            on_change=choose,
            help="The newest event for each distinct combination of these columns.",
        )


def linked_columns() -> tuple[str, ...]:
    """Return the distinct columns of the link, in the API's order, so that the same columns are the same query."""
    if COLUMNS not in st.query_params:
        return DEFAULT_DISTINCT
    given = {part.strip() for value in st.query_params.get_all(COLUMNS) for part in value.split(",")} - {""}
    known = tuple(name for name in DISTINCT_COLUMNS if name in given)
    # What the link holds besides is named by `link_state`.
    return known if known or not given else DEFAULT_DISTINCT


def _time_zone() -> None:
    options = {name: name for name in zones()}
    link_parameters.select(
        "tz",
        options,
        label="Time zone",
        placeholder=f"this browser's: {browser_zone()}",
        help="tz: the time zone of axes, tables and exports.",
        on_typed=lambda text: next((name for name in options if text.strip().casefold() in name.casefold()), text),
    )


def _refresh(default: float) -> None:
    link_parameters.select(
        "refresh",
        {value: value for value in REFRESH_CHOICES},
        label="Refresh",
        placeholder=f"{default:g}",
        help="refresh: seconds between refreshes, or off.",
        on_typed=lambda text: text,
    )
