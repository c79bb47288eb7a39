"""The map of sessions: one bubble for each place, a click on which lists its sessions."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.analysis import map_points
from dashboard.analysis.formatting import plural, whole
from dashboard.analysis.furthest_step import accuracy_circles, furthest_steps
from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.names import field_label
from dashboard.data import things, viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.loader import Pending
from dashboard.data.viewer_state import MapState, is_dark
from dashboard.figures import bubbles as map_bubbles
from dashboard.figures import map_view
from dashboard.figures import session_map as deck
from dashboard.filters import Filters, Window
from dashboard.ui import link_parameters, messages
from dashboard.ui.colours import colours_of
from gridrt_client.errors import GridError
from gridrt_client.safe_text import shown


@dataclass(frozen=True, eq=False)
class LocatedSessions:
    """The bubbles of a map, the sessions in them in the order of the list, and how many sessions have no place.

    ``circles`` are those of `furthest_step.accuracy_circles`.
    """

    points: map_points.MapPoints
    bubbles: pd.DataFrame
    legend: list[tuple[str, str, int]]
    unlocated: map_points.Unlocated
    sessions: RowSelection
    circles: pd.DataFrame

    def at(self, bubble: str) -> RowSelection:
        """Return the sessions of one bubble, in the order of the list."""
        return RowSelection(self.sessions.frame, self.sessions.positions[np.sort(self.points.sessions_of(bubble))])


def colour_choice() -> str:
    """Choose what the bubbles are coloured by."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = link_parameters.segments(
            "colour",
            {name: field_label(name) for name in map_points.DIMENSIONS},
            label="Colour",
            default="age",
            help="step: the furthest step of the funnel that the session has. status: the most urgent status of the "
            "things of its device.",
        )
        link_parameters.switch("accuracy", label="Accuracy", help="Draw how exact each position is, as a circle.")
    return by or "age"


def locate(data: FilteredData, sessions: RowSelection, by: str, span: Window, chosen: Filters) -> LocatedSessions:
    """Return the sessions that have a place, as bubbles coloured by ``by``; made once for all viewers."""
    statuses = _device_statuses(chosen) if by == "status" else None
    colours = colours_of(by, chosen)
    known = colours.of if statuses is None else dict(statuses.values())
    derived = {"age", "step", "status"}
    names = viewer_state.names()

    def name_of(value: str) -> str:
        return names.name_of(by, value) or value

    def make() -> LocatedSessions:
        names = ("sessionId", "latitude", "longitude", "sessionCreated", "locationAccuracy", "deviceId")
        columns = sessions.take_columns(*names, *({by} - derived))
        if by == "step":
            columns = columns.assign(step=furthest_steps(data.joined.database, len(sessions.frame))[columns.index])
        elif by == "status":
            words = {device: words for device, (words, _) in (statuses or {}).items()}
            columns = columns.assign(status=columns["deviceId"].astype("str").map(words).astype("str"))
        found, unlocated = map_points.split_located(columns)
        # The index is the place in the frame, whose rows are numbered from 0.
        points = map_points.map_points(found, by, data.now)
        bubbles = map_bubbles.bubbles(points, known, name_of)
        legend = map_bubbles.legend(points, known, name_of=name_of)
        places = RowSelection(sessions.frame, found.index.to_numpy())
        return LocatedSessions(points, bubbles, legend, unlocated, places, accuracy_circles(found))

    return data.memoize(
        "bubbles", make, by, span, colours, None if statuses is None else tuple(sorted(statuses.items()))
    )


def _device_statuses(chosen: Filters) -> dict[str, tuple[str, str]]:
    """Return the words and the colour of the most urgent status of each device, nothing where they aren't known."""
    try:
        return things.status_by_device(chosen)
    except (GridError, Pending):
        return {}


def draw(located: LocatedSessions, by: str, chosen: Filters) -> None:
    """Draw the map and its legend; the camera is fitted once to each scope, and on demand."""
    state, bubbles = viewer_state.current().map, located.bubbles
    key = state.key("session_map")

    def clicked() -> None:
        if key != state.key("session_map"):
            # The browser still had a map that isn't drawn any more.
            return
        bubble = deck.bubble_of_selection(st.session_state[key], bubbles)
        inside = None if bubble is None else located.at(bubble)
        only = inside.take_rows()["sessionId"].iloc[0] if inside is not None and len(inside) == 1 else None
        link_parameters.change({"at": bubble, "sessionId": only if isinstance(only, str) else None})

    if state.scope != chosen.scope or (not state.had_bubbles and len(bubbles)):
        fit(state, map_view.fit(bubbles, **_size()))
        state.scope, state.had_bubbles = chosen.scope, len(bubbles) > 0
    wants_circles = (st.query_params.get("accuracy") or "").lower() == "true"
    is_exact = wants_circles and not located.points.cells
    with st.container(key="session_map"):
        st.pydeck_chart(
            deck.session_deck(
                bubbles,
                state.view,
                is_dark(),
                selected=[at] if (at := st.query_params.get("at")) else [],
                selection=st.session_state.get(key),
                circles=located.circles if is_exact else None,
            ),
            key=key,
            on_select=clicked,
            selection_mode="single-object",
            height=460,
            alt="Map of where sessions are. The table below lists the same sessions.",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        legend(located.legend)
        st.button("Fit data", key="fit", on_click=_fit, args=(bubbles,), type="tertiary", icon="🎯")
    outside = map_view.outside_view(bubbles, state.view)
    with st.container():
        if wants_circles:
            st.caption(_accuracy_words(located))
        if outside:
            st.caption(f"{plural(outside, 'session')} outside the view that was fitted.")


def _accuracy_words(located: LocatedSessions) -> str:
    if located.points.cells:
        return "No circles of accuracy are drawn, because each bubble stands for an area of its own."
    circles = located.circles["metres"]
    if circles.empty:
        return "No circles of accuracy are drawn, because no position says how exact it is."
    return (
        f"{plural(len(circles), 'position')} with a circle, the median accuracy of the sessions there: "
        f"from {whole(circles.min())} to {whole(circles.max())} m."
    )


def sessions_at_place(sessions: RowSelection, located: LocatedSessions) -> RowSelection:
    """Return the sessions of the bubble that the link names, all of them where it names none or there are none."""
    chosen = st.query_params.get("at")
    inside = located.at(chosen) if chosen else sessions
    with st.container():
        if chosen:
            if inside.empty:
                reason = "nobody is there any more, the filters leave nobody there, or the link is mistyped."
                messages.not_found("at", chosen, "a place on the map", f"{reason} All sessions are listed.")
            with st.container(horizontal=True, vertical_alignment="center"):
                if not inside.empty:
                    st.caption(f"{plural(len(inside), 'session')} at the chosen place.")
                st.button("List all sessions", key="all_places", on_click=_forget_place, type="tertiary")
    return sessions if inside.empty else inside


def place_of_empty_map() -> None:
    """Say that the place that the link names isn't on the map, where there are no sessions at all."""
    with st.container():
        if chosen := st.query_params.get("at"):
            messages.not_found("at", chosen, "a place on the map", "the map is empty.")


def _forget_place() -> None:
    link_parameters.write("at", None)


def fit(state: MapState, view: Mapping[str, float]) -> None:
    """Move the camera of a map, wherever the viewer has moved it."""
    state.fits += 1
    # The browser applies only those numbers that differ from the last fit, so all of them have to.
    difference = state.fits % 2 * 1e-7
    state.view = {name: value + difference for name, value in view.items()}


def is_phone() -> bool:
    """Whether the map is about half as wide as on other devices; the browser doesn't say how wide."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def _size() -> dict[str, int]:
    return {"width": 340} if is_phone() else {}


def _fit(bubbles: pd.DataFrame) -> None:
    link_parameters.restore()
    fit(viewer_state.current().map, map_view.fit(bubbles, **_size()))


def legend(entries: Iterable[tuple[str, str, int]]) -> None:
    """Draw the colour, name and count of each entry. Names are data and are escaped."""
    parts = "".join(
        '<span style="display:inline-flex;align-items:center;gap:.35em;margin-right:1em">'
        f'<span style="width:.8em;height:.8em;border-radius:50%;background:{html.escape(colour)}"></span>'
        f"{html.escape(shown(label, 40))} <b>{whole(count)}</b></span>"
        for label, colour, count in entries
    )
    st.html(f'<div style="font-size:.85rem;line-height:1.8">{parts}</div>')
