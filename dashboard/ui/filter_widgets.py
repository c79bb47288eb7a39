"""The sidebar: widgets that bear the API's parameter names and live in the link.

Callbacks of widgets outside of it that change a filter end with ``st.rerun``: otherwise only their fragment would run,
and the sidebar would go on showing the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.data.viewer_state import browser_zone
from dashboard.filters import (
    DEFAULT_DISTINCT,
    SCOPE,
    Filters,
    Scope,
    parse_time,
    read_refresh,
    read_scope,
    read_time,
    read_value,
    read_zone,
    write_time,
    zones,
)
from gridrt_client.safe_text import read_shown, shown
from gridrt_client.schema import DISTINCT_COLUMNS, INTERACTION_TYPES

RANGE = ("from", "to")
RANGED = ("sessions", "events")  # the views that heed the time range
REFRESH_CHOICES = ("5", "10", "30", "60", "300", "off")
_BOUND: Final = "query-params"
_ALL_FIRST = tuple(sorted(INTERACTION_TYPES, key=lambda name: name != "all"))


def asked_scope() -> Scope:
    """The scope as the link or the widgets say it, for asking before the widgets are drawn."""
    return read_scope(lambda name: _text(name) or st.query_params.get(name))


def asked_refresh(default: float) -> float | None:
    """Likewise the interval between refreshes."""
    return read_refresh(st.session_state.get("refresh") or st.query_params.get("refresh"), default, [])


def draw(
    session_counts: Mapping[str, pd.Series],
    event_counts: Callable[[Scope], pd.Series],
    *,
    default_refresh: float,
    view: str,
) -> Filters:
    """Draw the widgets and read them.

    Parameters
    ----------
    session_counts
        For each of installationId, spaceId and deviceId the values that the data holds (index, text) and how many
        sessions have each, most first.
    event_counts
        Gives the same for eventType, once the scope is known.
    default_refresh
        Seconds between refreshes when the link doesn't say.
    view
        The view at hand, by its path.
    """
    problems: list[str] = []
    _keep_range(view)
    with st.sidebar:
        for name in SCOPE:
            _select(name, session_counts[name])
        _select("eventType", event_counts(read_scope(_text)))
        st.segmented_control(
            "interactionType",
            _ALL_FIRST,
            default="all",
            required=True,
            key="interactionType",
            bind=_BOUND,
            help="Whether a person did it, or a device or an app by itself.",
        )
        st.multiselect(
            "distinctColumns",
            DISTINCT_COLUMNS,
            default=list(DEFAULT_DISTINCT),
            key="distinctColumns",
            bind=_BOUND,
            help="Latest events and device status: the newest event for each distinct combination of these columns.",
        )
        _range(view in RANGED)
        zone = st.selectbox(
            "tz",
            _with_chosen("tz", zones()),
            on_change=_take_first,
            args=("tz", zones()),
            filter_mode="contains",
            index=None,
            placeholder=f"this browser's: {browser_zone()}",
            key="tz",
            bind=_BOUND,
            accept_new_options=True,
            help="Time zone of axes, tables and exports.",
        )
        refresh = st.selectbox(
            "refresh",
            _with_chosen("refresh", REFRESH_CHOICES),
            index=None,
            placeholder=f"{default_refresh:g}",
            key="refresh",
            bind=_BOUND,
            accept_new_options=True,
            help="Seconds between refreshes, or off.",
        )
    tz = read_zone(zone, browser_zone(), problems)
    return Filters(
        **read_scope(_text),
        eventType=read_value(_text("eventType")),
        interactionType=st.session_state.get("interactionType") or "all",
        distinctColumns=tuple(name for name in DISTINCT_COLUMNS if name in st.session_state["distinctColumns"]),
        tz=tz,
        refresh=read_refresh(refresh, default_refresh, problems),
        start=read_time("from", st.query_params.get("from"), problems),
        end=read_time("to", st.query_params.get("to"), problems),
        problems=tuple(problems),
    )


def options_of(counts: Mapping[str, pd.Series]) -> dict[str, frozenset[object]]:
    """What the select boxes offer: as long as it is the same there is no need to draw them again."""
    return {name: frozenset(series.index) for name, series in counts.items()}


def values_open() -> bool:
    """Whether a person looks at values and their counts at the moment."""
    return any(getattr(st.session_state.get(f"counts_{name}"), "open", False) for name in (*SCOPE, "eventType"))


def clear() -> None:
    """Callback: set every narrowing filter and the time range back."""
    for name in (*SCOPE, "eventType"):
        st.session_state[name] = None
    st.session_state["interactionType"] = "all"
    _write_range(None, None)
    st.rerun()


def choose_default_columns() -> None:
    """Callback: the columns that tell attached devices apart."""
    st.session_state["distinctColumns"] = list(DEFAULT_DISTINCT)
    st.rerun()


def toggle(name: str, value: str) -> None:
    """For callbacks: set a filter to this value, or take it away where it is set to it."""
    st.session_state[name] = None if read_value(_text(name)) == value else shown(value)
    st.rerun()


def set_range(start: pd.Timestamp | None, end: pd.Timestamp | None) -> None:
    """For callbacks: write a time range into the link, UTC."""
    _write_range(write_time(start), write_time(end))
    st.rerun()


def pause() -> None:
    """Callback of the pause button: off, or back to what it was before."""
    if st.session_state.get("refresh") == "off":
        st.session_state["refresh"] = st.session_state.pop("_refresh_before", None)
    else:
        st.session_state["_refresh_before"] = st.session_state.get("refresh")
        st.session_state["refresh"] = "off"
    st.rerun()


def _text(name: str) -> str | None:
    value = st.session_state.get(name)
    return value if isinstance(value, str) and value else None


def _with_chosen(name: str, options: Iterable[str]) -> list[str]:
    """The options, and what the link says if it isn't among them: a silent device is a legal filter."""
    known = list(options)
    chosen = st.session_state.get(name) or st.query_params.get(name)
    return known if not chosen or chosen in known else [*known, chosen]


def _take_first(name: str, options: Sequence[str]) -> None:
    """Callback: a text that was typed becomes the first option that holds it; in quotes, or without one, it stays."""
    typed = _text(name)
    if typed is None or typed in options:
        return
    value, part = read_shown(typed), typed.strip().casefold()
    first = next((option for option in options if value == typed and part in option.casefold()), None)
    st.session_state[name] = first or shown(value)


def _select(name: str, counts: pd.Series) -> None:
    options = [shown(value) for value in counts.index]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.selectbox(
            name,
            _with_chosen(name, options),
            index=None,
            # None known is not none there.
            placeholder=f"any of {len(counts):,}" if len(counts) else "any",
            key=name,
            bind=_BOUND,
            accept_new_options=True,
            filter_mode="contains",
            on_change=_take_first,
            args=(name, options),
            help=f"{name}, exactly. Enter takes the first match; in quotes a value is taken as it is typed.",
        )
        with st.popover("#", help=f"{name}: values and counts", key=f"counts_{name}", on_change="rerun") as values:
            if values.open:
                _counts_table(name, options, counts)


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


def _range(ranged: bool) -> None:
    """The time range. Not bound to the link by Streamlit, which would write two values as two steps of the history."""
    note = (
        "UTC unless it says otherwise, such as 2026-11-23T12:20Z or +01:00; or before now, such as now-3h. "
        "A drag over the histogram sets it, too."
        if ranged
        else "For Sessions and Events."
    )

    def typed() -> None:
        _write_range(*(_canonical(st.session_state[f"{name}_input"]) for name in RANGE))

    with st.container(horizontal=True, gap="xsmall"):
        for name in RANGE:
            st.session_state[f"{name}_input"] = st.query_params.get(name) or None
            st.text_input(
                name,
                key=f"{name}_input",
                on_change=typed,
                placeholder="2026-11-23T12:20Z",
                help=note,
                disabled=not ranged,
            )


def _keep_range(view: str) -> None:
    """Carry the time range over to another view: a change of page leaves only bound parameters in the link."""
    kept = st.session_state.get("_range", {})
    linked = {name: st.query_params[name] for name in RANGE if st.query_params.get(name)}
    if st.session_state.get("_view", view) != view and not linked and kept:
        st.query_params.update(kept)
        linked = kept
    st.session_state["_view"], st.session_state["_range"] = view, linked


def _canonical(text: str | None) -> str | None:
    """What was typed as the link says it; what is no time stays as it is."""
    moment = parse_time(text) if text else None
    return text if moment is None else write_time(moment)


def _write_range(start: str | None, end: str | None) -> None:
    """Both ends in one step of the browser's history; an end that was set and is none now stays in the link, empty."""
    ends = {name: value or "" for name, value in zip(RANGE, (start, end), strict=True)}
    changed = {name: value for name, value in ends.items() if value or name in st.query_params}
    if any(st.query_params.get(name) != value for name, value in changed.items()):
        st.query_params.update(changed)
