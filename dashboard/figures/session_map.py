"""The session map as a pydeck deck. It makes no request but for the outline.

Values of the data are untrusted. They enter the map only inside a bubble's label, which the tooltip shows through its
`text` template (`innerText` in the browser; an `html` template would be markup). A label always begins with a number:
deck.gl's JSON converter evaluates any string that begins with `@@=` as an expression, data included.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import orjson
import pandas as pd
import pydeck as pdk
from pydeck.bindings.json_tools import default_serialize

from dashboard.analysis.map_points import MAP_EDGE

OUTLINE_URL: Final = "app/static/world.png"
"""Relative to the page, so that it also works below a base path."""

WHOLE_MAP: Final = (-180.0, -MAP_EDGE, 180.0, MAP_EDGE)
"""West, south, east and north of Web Mercator."""

BUBBLE_LAYER: Final = "sessions"


class SessionDeck(pdk.Deck):  # type: ignore[misc]  # pydeck has no types
    """A deck whose JSON is compact: pydeck's own indents it and takes forty times as long."""

    def to_json(self) -> str:
        return orjson.dumps(self, default=default_serialize, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _records(drawn: pd.DataFrame) -> list[dict[str, Any]]:
    """What the browser needs of each bubble: id, position, colour, radius and text, with one-letter keys."""
    columns = ["id", "lon", "lat", "r", "g", "b", "a", "radius", "label"]
    parts = [drawn[column].tolist() for column in columns]
    return [
        {"id": name, "p": [lon, lat], "c": [r, g, b, a], "s": radius, "t": label}
        for name, lon, lat, r, g, b, a, radius, label in zip(*parts, strict=True)
    ]


def session_deck(
    drawn: pd.DataFrame,
    view: Mapping[str, float],
    dark: bool,
    outline_url: str = OUTLINE_URL,
    *,
    selected: Collection[str] = (),
    selection: Mapping[str, Any] | None = None,
    circles: pd.DataFrame | None = None,
) -> SessionDeck:
    """Return the map of `bubbles`: layers "outline", "sessions" (pickable) and "selected" (rings around bubbles).

    Where bubbles have the columns ``text`` and ``ink``, the layer "texts" writes it on them; ``circles`` make the layer
    "accuracy".

    Parameters
    ----------
    view
        ``latitude``, ``longitude`` and ``zoom``, as `map_view.fit` returns them.
    selected
        The ids of the bubbles to ring.
    selection
        The state that `st.pydeck_chart` keeps under its key, as it was before this run. The browser remembers a
        selection by its position in the data, so that after a refresh that moved a bubble to another position it would
        report another bubble as selected. The selected bubble is therefore kept at its position, and where it is gone
        an invisible one with its id takes its place.
    circles
        Circles to draw below the bubbles: ``lat``, ``lon`` and ``metres``, their radius.
    """
    records = _records(drawn)
    place, held = _held(selection)
    if held is not None:
        records = _kept_in_place(records, place, held)
    ring = [record for record in records if record["id"] in selected and record["s"]]
    ink = [230, 234, 242] if dark else [40, 48, 64]
    return SessionDeck(
        layers=[
            outline(outline_url, dark),
            *([] if circles is None else [_circles(circles, ink)]),
            _bubbles(records, ink, dark),
            _ring(ring, ink),
            *([_texts(drawn)] if "text" in drawn else []),
        ],
        # Repeated, so that a wide screen isn't half empty and the Pacific is one ocean.
        views=[pdk.View(type="MapView", controller=True, repeat=True)],
        initial_view_state=pdk.ViewState(**view, min_zoom=-0.5, max_zoom=18),
        # No base map: no request. `map_style` must stay pydeck's default; None would fetch tiles from the internet.
        map_provider=None,
        tooltip={"text": "{t}", "style": {"maxWidth": "20rem", "fontSize": "0.85rem", "overflowWrap": "anywhere"}},
    )


def outline(url: str, dark: bool) -> pdk.Layer:
    """The coasts. A picture: as shapes they cost the browser two seconds at the start and half the time of a change."""
    return pdk.Layer(
        "BitmapLayer",
        None,
        id="outline",
        pickable=False,
        image=f"'{url}'",
        bounds=WHOLE_MAP,
        tint_color=[160, 170, 190] if dark else [110, 120, 140],
        opacity=0.55,
    )


def scatter(records: list[dict[str, Any]], layer: str, **more: Any) -> pdk.Layer:
    """Return discs at the ``p`` (longitude, latitude) of records, with their ``s`` as radius in pixels.

    ``layer`` is the layer's id, ``more`` what differs: other units, colours, the width of the line.
    """
    common = {
        "pickable": False,
        "stroked": True,
        "filled": True,
        "radius_units": "'pixels'",
        "line_width_units": "'pixels'",
        "get_position": "p",
        "get_radius": "s",
    }
    return pdk.Layer("ScatterplotLayer", records, id=layer, **common | more)


def _bubbles(records: list[dict[str, Any]], ink: list[int], dark: bool) -> pdk.Layer:
    return scatter(
        records,
        BUBBLE_LAYER,
        pickable=True,
        auto_highlight=True,
        highlight_color=[*ink, 70],
        get_fill_color="c",
        get_line_color=[14, 17, 23, 230] if dark else [255, 255, 255, 230],
        get_line_width=1,
    )


def _circles(circles: pd.DataFrame, ink: list[int]) -> pdk.Layer:
    columns = (circles[name].tolist() for name in ("lat", "lon", "metres"))
    return scatter(
        [{"p": [lon, lat], "s": metres} for lat, lon, metres in zip(*columns, strict=True)],
        "accuracy",
        radius_units="'meters'",
        get_fill_color=[*ink, 14],
        get_line_color=[*ink, 120],
        get_line_width=1,
    )


def _texts(drawn: pd.DataFrame) -> pdk.Layer:
    """The text of each bubble that has one: a number of ours, never a value of the data."""
    columns = (drawn[name].tolist() for name in ("lat", "lon", "text", "ink"))
    return pdk.Layer(
        "TextLayer",
        [{"p": [lon, lat], "t": text, "c": [ink] * 3} for lat, lon, text, ink in zip(*columns, strict=True) if text],
        id="texts",
        pickable=False,
        get_position="p",
        get_text="t",
        get_size=13,
        get_color="c",
        font_weight="'bold'",
    )


def _ring(records: list[dict[str, Any]], ink: list[int]) -> pdk.Layer:
    return scatter(
        [{"p": record["p"], "s": record["s"] + 4} for record in records],
        "selected",
        filled=False,
        get_line_color=[*ink, 255],
        get_line_width=2.5,
    )


def _kept_in_place(records: list[dict[str, Any]], place: int, held: str) -> list[dict[str, Any]]:
    """The records with the one called `held` at index `place`, or an invisible one of that name."""
    found = next((index for index, record in enumerate(records) if record["id"] == held), None)
    gone = {"id": held, "p": [0, 0], "c": [0, 0, 0, 0], "s": 0, "t": "0 sessions"}
    others = [record for index, record in enumerate(records) if index != found]
    mine = gone if found is None else records[found]
    if place > len(others):  # the data shrank: pad, or the browser drops the selection
        others += [{**gone, "id": f"none {number}"} for number in range(place - len(others))]
    return [*others[:place], mine, *others[place:]]


def _held(selection: Mapping[str, Any] | None) -> tuple[int, str | None]:
    """Index and id of the selected bubble as the browser last reported them."""
    inner = (selection or {}).get("selection", selection) or {}
    indices = (inner.get("indices") or {}).get(BUBBLE_LAYER) or []
    objects = (inner.get("objects") or {}).get(BUBBLE_LAYER) or []
    if not indices or not objects or not isinstance(objects[0], Mapping) or not isinstance(indices[0], int):
        return 0, None
    name = objects[0].get("id")
    return indices[0], name if isinstance(name, str) else None


def bubble_of_selection(selection: Mapping[str, Any] | None, drawn: pd.DataFrame) -> str | None:
    """The id of the bubble that was clicked on; None when none is, or when it isn't among `drawn` any more.

    `selection` is what `st.pydeck_chart` keeps in its state, with or without the outer "selection". It is matched by
    id, never by index: the data may have changed since the click.
    """
    name = _held(selection)[1]
    return name if name is not None and (drawn["id"] == name).any() else None
