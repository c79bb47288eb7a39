"""Figures, maps and numbers that views draw, with what a click on them does."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import filters
from dashboard.analysis import histogram as bins
from dashboard.analysis import map_points as spots
from dashboard.analysis.formatting import escape_markdown, plural, whole
from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.status_reference import Status
from dashboard.data import filtered_data
from dashboard.data.filtered_data import FilteredData
from dashboard.figures import bubbles as map_bubbles
from dashboard.figures import chart_selections, map_view
from dashboard.figures import session_map as deck
from dashboard.figures.category_bars import category_bars
from dashboard.figures.event_histogram import Mode, event_histogram
from dashboard.figures.plotly_base import CONFIG
from dashboard.filters import Filters, Window
from dashboard.ui import filter_widgets, messages
from dashboard.ui.colours import colours_of
from gridrt_client.safe_text import shown
from gridrt_client.schema import DISTINCT_COLUMNS, INTERACTION_TYPES


@dataclass(frozen=True, eq=False)
class Located:
    """The bubbles of a map, the sessions in them, and how many sessions have no place."""

    points: spots.MapPoints
    bubbles: pd.DataFrame
    legend: list[tuple[str, str, int]]
    unlocated: spots.Unlocated
    sessions: RowSelection

    def at(self, bubble: str) -> RowSelection:
        """The sessions of one bubble, in the order of the list."""
        return RowSelection(self.sessions.frame, self.sessions.positions[np.sort(self.points.sessions_of(bubble))])


BREAKDOWNS = ("eventType", "interaction", "spaceId", "installationId", "appId", "country", "deviceId")
MODES: tuple[Mode, ...] = ("count", "percent", "log")
ROWS = ("monitoring", "all")
CHOICES = {
    "interactionType": INTERACTION_TYPES,
    "distinctColumns": DISTINCT_COLUMNS,
    "breakdown": BREAKDOWNS,
    "scale": MODES,
    "colour": spots.DIMENSIONS,
    "rows": ROWS,
}
"""The parameters of a link that have few values, and these."""
_MAP_VIEW, _MAP_FITTED, _MAP_FITS, _MAP_LOSSES = "_map_view", "_map_fitted", "_map_fits", "_map_losses"
_FILTERABLE = ("eventType", *filters.SCOPE)


def dark() -> bool:
    """Whether the viewer's theme is dark."""
    return bool(st.context.theme.type == "dark")


def histogram(scene: FilteredData, span: Window, chosen: Filters) -> None:
    """Events over time, broken down: a drag sets the time range, a click on a value filters by it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("breakdown", BREAKDOWNS, key="breakdown", bind="query-params", width=180)
        mode = st.segmented_control("scale", MODES, default="count", required=True, key="scale", bind="query-params")
        if chosen.ranged:
            st.button(
                "Back to 24 hours", on_click=filter_widgets.set_range, args=(None, None), key="whole_day", icon="↩️"
            )
    shade, colours = dark(), colours_of(by, chosen)

    def figures() -> tuple[Any, Any]:
        size = bins.bin_size(span.start, span.end)
        counts = filtered_data.histogram(scene, span, chosen.tz, by, size)
        over_time = event_histogram(counts, size, *span, chosen.tz, shade, mode=mode, colours=colours.of, legend=False)
        return over_time, category_bars(counts, shade, colours.of)

    histogram, bars = scene.memoize("histogram", figures, span, chosen.tz, by, mode, shade, colours)

    def dragged() -> None:
        reach = chart_selections.range_of_selection(st.session_state["event_histogram"])
        if reach is not None:
            filter_widgets.set_range(*reach)

    def clicked() -> None:
        value = chart_selections.category_of_selection(st.session_state["event_values"])
        if value is not None and by in _FILTERABLE:
            filter_widgets.toggle(by, value)

    over_time, values = st.columns([2, 1])
    with over_time:
        st.plotly_chart(
            histogram,
            key="event_histogram",
            on_select=dragged,
            selection_mode="box",
            config=CONFIG,
            alt=f"Histogram of eventTime, stacked by {by}. The table below holds the same events.",
        )
    with values:
        st.caption(f"{by}{': click to filter' if by in _FILTERABLE else ''}")
        st.plotly_chart(
            bars,
            key="event_values",
            on_select=clicked if by in _FILTERABLE else "ignore",
            selection_mode="points",
            config=CONFIG,
            alt=f"Events by {by}.",
        )


def map_colour() -> str:
    """What the map is coloured by; in the link."""
    by = st.segmented_control(
        "colour", spots.DIMENSIONS, default="age", required=True, key="colour", bind="query-params"
    )
    return by or "age"


def located(scene: FilteredData, sessions: RowSelection, by: str, span: Window, chosen: Filters) -> Located:
    """The sessions on the map: those that have a place, as bubbles."""
    colours = colours_of(by, chosen)

    def draw() -> Located:
        columns = sessions.take_columns("sessionId", "latitude", "longitude", "sessionCreated", *({by} - {"age"}))
        found, unlocated = spots.split_located(columns)
        # The index tells the place in the frame: sessions are numbered from 0.
        points = spots.map_points(found, by, scene.now)
        places = RowSelection(sessions.frame, found.index.to_numpy())
        bubbles, legend = map_bubbles.bubbles(points, colours.of), map_bubbles.legend(points, colours.of)
        return Located(points, bubbles, legend, unlocated, places)

    return scene.memoize("bubbles", draw, by, span, colours)


def session_map(located: Located, by: str, chosen: Filters) -> None:
    """The map: fitted to each scope once, and on demand; a click on a bubble lists its sessions."""
    bubbles = located.bubbles
    # A new key mounts the map anew.
    key = f"session_map_{st.session_state.get(_MAP_LOSSES, 0)}"

    def clicked() -> None:
        bubble = deck.bubble_of_selection(st.session_state[key], bubbles)
        inside = None if bubble is None else located.at(bubble)
        only = inside.take_rows()["sessionId"].iloc[0] if inside is not None and len(inside) == 1 else None
        for name, value in (("at", bubble), ("sessionId", only if isinstance(only, str) else None)):
            if value is not None:
                st.query_params[name] = value
            elif name in st.query_params:
                st.query_params.pop(name)

    fitted_to, with_bubbles = st.session_state.get(_MAP_FITTED, (None, False))
    if fitted_to != chosen.scope or (not with_bubbles and len(bubbles)):
        _fit(bubbles)
        st.session_state[_MAP_FITTED] = chosen.scope, len(bubbles) > 0
    view = st.session_state[_MAP_VIEW]
    with st.container(key="session_map"):
        st.pydeck_chart(
            deck.session_deck(
                bubbles,
                view,
                dark(),
                selected=st.query_params.get("at"),
                selection=st.session_state.get(key),
            ),
            key=key,
            on_select=clicked,
            selection_mode="single-object",
            height=460,
            alt="Map of where sessions are. The table below lists the same sessions.",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        _legend(located.legend)
        st.button("Fit data", key="fit", on_click=_fit, args=(bubbles,), type="tertiary", icon="🎯")
    outside = map_view.outside_view(bubbles, view)
    with st.container():
        if outside:
            st.caption(f"{plural(outside, 'session')} outside the view that was fitted.")


def at_bubble(sessions: RowSelection, located: Located) -> RowSelection:
    """The sessions of the chosen bubble; all of them when none is chosen."""
    chosen = st.query_params.get("at")
    inside = located.at(chosen) if chosen else sessions
    with st.container():
        if chosen:
            if inside.empty:
                nobody = "nobody is there any more, the filters leave nobody there, or the link is mistyped."
                messages.not_found("at", chosen, "a place on the map", f"{nobody} All sessions are listed.")
            with st.container(horizontal=True, vertical_alignment="center"):
                if not inside.empty:
                    st.caption(f"{plural(len(inside), 'session')} at the chosen place.")
                st.button("List all sessions", key="all_places", on_click=_forget_place, type="tertiary")
    return sessions if inside.empty else inside


def nobody_at() -> None:
    """Where there are no sessions nobody is at the chosen place either."""
    with st.container():
        if chosen := st.query_params.get("at"):
            messages.not_found("at", chosen, "a place on the map", "the map is empty.")


def monitored_only(rows: pd.DataFrame) -> pd.DataFrame:
    """The monitoring events of the latest ones, where there are any, unless all are asked for."""
    monitored = rows[rows["status"].notna()]
    with st.container():
        if monitored.empty or len(monitored) == len(rows):
            return rows
        kinds = {"monitoring": f"monitoring: {whole(len(monitored))}", "all": f"all latest events: {whole(len(rows))}"}
        kind = _linked("rows", kinds, default="monitoring", label_visibility="visible")
    return rows if kind == "all" else monitored


def status_tiles(rows: pd.DataFrame, tiles: list[tuple[Status, int]]) -> pd.DataFrame:
    """How many things are in each status; a click shows only those."""
    kinds = {status.label: f"{status.icon} {shown(status.label, 40)}: {whole(count)}" for status, count in tiles}
    asked = st.query_params.get("status")
    if asked:
        # Nothing is in that status now, which is no reason to show everything.
        kinds.setdefault(asked, f"{shown(asked, 40)}: 0")
    picked = _linked("status", kinds, default=None, label_visibility="collapsed")
    return rows if picked is None else rows[rows["status"] == picked]


def _linked(
    name: str, kinds: dict[str, str], *, default: str | None, label_visibility: Literal["visible", "collapsed"]
) -> str | None:
    """One of some kinds, by its name in the link; what is read of each kind changes with the data.

    Not bound to the link by Streamlit, which would write there what is read.
    """

    def choose() -> None:
        value = st.session_state[name]
        if value is None or value == default:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value

    linked = st.query_params.get(name)
    st.session_state[name] = linked if linked in kinds else default
    picked: str | None = st.segmented_control(
        name,
        list(kinds),
        format_func=lambda kind: escape_markdown(kinds[kind]),
        required=default is not None,
        key=name,
        label_visibility=label_visibility,
        on_change=choose,
    )
    return picked


def _forget_place() -> None:
    st.query_params.pop("at", None)


def map_lost() -> None:
    """For callbacks: the browser has lost what it drew the map with (its computer slept …), so draw another one."""
    st.session_state[_MAP_LOSSES] = st.session_state.get(_MAP_LOSSES, 0) + 1


def _fit(bubbles: pd.DataFrame) -> None:
    """Move the map's camera to the bubbles, wherever a person has moved it to."""
    fits = st.session_state[_MAP_FITS] = st.session_state.get(_MAP_FITS, 0) + 1
    # The browser moves the camera by those numbers alone that have changed since the last fit.
    hair = fits % 2 * 1e-7
    st.session_state[_MAP_VIEW] = {name: value + hair for name, value in _fitted(bubbles).items()}


def _fitted(bubbles: pd.DataFrame) -> dict[str, float]:
    """The browser doesn't say how wide the map is: a phone's is about half of the usual."""
    phone = "Mobi" in st.context.headers.get("User-Agent", "")
    return map_view.fit(bubbles, width=340) if phone else map_view.fit(bubbles)


def _legend(entries: Iterable[tuple[str, str, int]]) -> None:
    """Colour, name and count. Names are data: they are escaped, so that the browser shows them as text."""
    parts = "".join(
        '<span style="display:inline-flex;align-items:center;gap:.35em;margin-right:1em">'
        f'<span style="width:.8em;height:.8em;border-radius:50%;background:{html.escape(colour)}"></span>'
        f"{html.escape(shown(label, 40))} <b>{whole(count)}</b></span>"
        for label, colour, count in entries
    )
    st.html(f'<div style="font-size:.85rem;line-height:1.8">{parts}</div>')
