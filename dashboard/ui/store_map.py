"""The map of stores: a bubble for each store or group of near ones; a click filters by a store or zooms to a group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import plural, whole
from dashboard.analysis.span_numbers import Comparison
from dashboard.analysis.store_places import store_places
from dashboard.data import stores, viewer_state
from dashboard.data.filtered_data import FilteredData
from dashboard.data.viewer_state import is_dark
from dashboard.figures import map_view, store_bubbles
from dashboard.figures import session_map as deck
from dashboard.filters import Filters
from dashboard.tables import stores as store_tables
from dashboard.ui import filter_changes, link_parameters, link_state, session_map, store_table

AREA: Final = "area"
"""The parameter of the link that holds the part of the map whose stores are listed."""
MEASURES: Final = {
    "sessions": "Sessions",
    "active": "Active now",
    "conversion": "Conversion",
    "down": "Things down",
}
HEIGHT: Final = 460

Within = Callable[[pd.DataFrame], pd.DataFrame]


def draw(data: FilteredData, compared: Comparison, chosen: Filters) -> Within:
    """Draw the map; return what keeps of the ranked stores those that are in the chosen part of the map."""
    measure = link_parameters.segments("store_colour", MEASURES, label="Colour by", default="sessions") or "sessions"
    places = _places(data, compared, chosen)
    viewer, view = viewer_state.current(), _linked_view()
    state, size = viewer.store_map, (340 if session_map.is_phone() else 480, HEIGHT)
    # Neither a refresh nor the choice of a store moves the camera.
    scope = (stores.of_all_stores(chosen).conditions, st.query_params.get(AREA))
    if state.scope != scope or (not state.had_bubbles and len(places)):
        session_map.fit(state, view or map_view.fit(places, *size))
        state.scope, state.had_bubbles = scope, len(places) > 0
    zoom = round(state.view["zoom"], 2)
    bubbles, members = data.memoize(
        "store_bubbles",
        lambda: store_bubbles.store_bubbles(places, {"zoom": zoom}, measure),
        *(
            compared,
            measure,
            zoom,
            viewer_state.names(),
            _hashable(store_table.down_by_store(stores.of_all_stores(chosen))),
        ),
    )
    _deck(bubbles, members, chosen)
    session_map.legend(store_bubbles.legend(bubbles, measure))
    return _area(places, view, size)


def _places(data: FilteredData, compared: Comparison, chosen: Filters) -> pd.DataFrame:
    """Return the stores that have a position, with their numbers."""
    names, down = viewer_state.names(), store_table.down_by_store(stores.of_all_stores(chosen))

    def place() -> pd.DataFrame:
        rows = store_tables.ranked(stores.by_store(data, compared), "name", names, down)
        return rows.merge(store_places(data.joined.database, data.chosen), on="spaceId")

    return data.memoize("store_places", place, compared, names, _hashable(down))


def _deck(bubbles: pd.DataFrame, members: pd.DataFrame, chosen: Filters) -> None:
    state, included = viewer_state.current().store_map, chosen.condition("spaceId").included
    marked = members.loc[members["spaceId"].isin(included), "id"].unique()
    if state.clicked is not None and state.clicked not in marked:
        # The filter was removed elsewhere: another map has no selection, which would dim all other bubbles.
        state.replace()
    key = state.key("store_map")

    def clicked() -> None:
        if key != state.key("store_map"):
            # The browser still had a map that isn't drawn any more.
            return
        bubble = deck.bubble_of_selection(st.session_state[key], bubbles)
        # A second click on a bubble selects nothing: it means that bubble again.
        asked, state.clicked = bubble or state.clicked, bubble
        inside = members[members["id"] == asked]
        if len(inside) == 1:
            filter_changes.toggle("spaceId", str(inside["spaceId"].iloc[0]))
        elif len(inside):
            view = map_view.fit(inside, 340 if session_map.is_phone() else 480, HEIGHT)
            link_parameters.write(AREA, map_view.write_view(view))
            state.replace()

    with st.container(key="store_map"):
        st.pydeck_chart(
            deck.session_deck(
                bubbles, state.view, is_dark(), selected=list(marked), selection=st.session_state.get(key)
            ),
            key=key,
            on_select=clicked,
            selection_mode="single-object",
            height=HEIGHT,
            alt="Map of stores. The list of stores has the same numbers.",
        )
    st.caption(
        "A bubble is a store, or several that are too close to tell apart, with their number. A click on a store "
        "filters by it; on several it zooms in and lists them. The wheel zooms once the map was clicked.",
        help="A store is at the median position of its located sessions; its size is by its sessions in the range.",
    )


def _area(places: pd.DataFrame, view: dict[str, float] | None, size: tuple[int, int]) -> Within:
    with st.container():
        if view is None:
            return lambda rows: rows
        # A view that was fitted to stores shows them with some room; its edge is not the edge of what is meant.
        inside = set(places.loc[map_view.inside_view(places, view, *size), "spaceId"])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{plural(len(inside), 'store')} of {whole(len(places))} with a position are in this area.")
            st.button(
                "Show all stores", key="whole_map", type="tertiary", on_click=link_parameters.write, args=(AREA, None)
            )
    return lambda rows: rows[rows["spaceId"].isin(inside)]


def _linked_view() -> dict[str, float] | None:
    """Return the part of the map that the link names; a text that isn't one is said to be none."""
    text = st.query_params.get(AREA)
    view = map_view.read_view(text) if text else None
    if text and view is None:
        link_state.note(
            AREA, "area is not a latitude, a longitude and a zoom such as 59.33,18.06,8.5: all stores are shown."
        )
    return view


def _hashable(down: Any) -> tuple[tuple[str, int], ...] | None:
    return None if down is None else tuple(sorted(down.items()))
