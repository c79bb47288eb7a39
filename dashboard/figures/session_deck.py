"""The session map: the view that fits the bubbles, and the deck that draws them. No Streamlit, no request.

Values of the data are untrusted. They enter the map only inside a bubble's label, which the tooltip shows through its
`text` template (`innerText` in the browser; an `html` template would be markup). A label always begins with a number:
deck.gl's JSON converter reads any string that begins with `@@=` as an expression, data included.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import pydeck as pdk
from pydeck.bindings.json_tools import default_serialize

from dashboard.figures.map_points import (
    DIMENSIONS,
    MAP_EDGE,
    MOST_POSITIONS,
    Unlocated,
    bubbles,
    legend,
    sessions_of,
    split_located,
)

__all__ = [
    "BUBBLE_LAYER",
    "DIMENSIONS",
    "MOST_POSITIONS",
    "OUTLINE_URL",
    "SessionDeck",
    "Unlocated",
    "bubble_of_selection",
    "bubbles",
    "fit",
    "legend",
    "outside_view",
    "session_deck",
    "sessions_of",
    "split_located",
]

OUTLINE_URL: Final = "app/static/world.png"  # relative to the page, so it also works below a base path
WHOLE_MAP: Final = (-180.0, -MAP_EDGE, 180.0, MAP_EDGE)  # west, south, east, north of Web Mercator
BUBBLE_LAYER: Final = "sessions"
WORLD: Final = {"latitude": 25.0, "longitude": 10.0, "zoom": 0.6}
CLOSEST: Final = 12.0  # a single position: the town it lies in
TILE: Final = 512  # width of the world in pixels at zoom 0

Floats = npt.NDArray[np.float64]


def _mercator(latitude: Floats) -> Floats:
    """Latitude as the share of the world's height, 0 at the south end of the map."""
    radians = np.radians(np.clip(latitude, -85.05, 85.05))
    return np.asarray(0.5 + np.log(np.tan(np.pi / 4 + radians / 2)) / (2 * np.pi), dtype=np.float64)


def _middle(values: Floats) -> tuple[float, float]:
    """The ends of the middle 98 %; with fewer than a hundred values that is all of them."""
    ordered = np.sort(values)
    cut = int(len(ordered) * 0.01)
    return float(ordered[cut]), float(ordered[-1 - cut])


def fit(drawn: pd.DataFrame, width: int = 720, height: int = 480) -> dict[str, float]:
    """`latitude`, `longitude` and `zoom` that show the middle 98 % of the bubbles in a map of that many pixels.

    Longitudes are taken around the globe from the widest gap on, so that places on both sides of the antimeridian are
    close together. Without bubbles it is the whole world.
    """
    if drawn.empty:
        return dict(WORLD)
    longitude = np.sort(drawn["lon"].to_numpy(np.float64))
    gaps = np.diff(longitude, append=longitude[0] + 360)
    after = int(np.argmax(gaps)) + 1
    if after < len(longitude):
        longitude = np.concatenate([longitude[after:], longitude[:after] + 360])
    west, east = _middle(longitude)
    south, north = _middle(_mercator(drawn["lat"].to_numpy(np.float64)))
    across, up = (east - west) / 360, north - south
    room = 0.84  # a margin for the bubbles themselves
    zooms = [math.log2(pixels * room / (TILE * part)) for pixels, part in ((width, across), (height, up)) if part > 0]
    middle = math.degrees(2 * math.atan(math.exp(((south + north) / 2 - 0.5) * 2 * math.pi)) - math.pi / 2)
    return {
        "latitude": round(middle, 4),
        "longitude": round(((west + east) / 2 + 180) % 360 - 180, 4),
        "zoom": round(min([*zooms, CLOSEST]), 2),
    }


def outside_view(drawn: pd.DataFrame, view: Mapping[str, float], width: int = 720, height: int = 480) -> int:
    """Sessions whose bubble lies outside a view of that many pixels (as fitted: the browser reports no camera)."""
    if drawn.empty:
        return 0
    scale = TILE * 2.0 ** view["zoom"]
    right = np.abs((drawn["lon"].to_numpy(np.float64) - view["longitude"] + 180) % 360 - 180) / 360 * scale
    centre = _mercator(np.asarray([view["latitude"]]))[0]
    up = np.abs(_mercator(drawn["lat"].to_numpy(np.float64)) - centre) * scale
    return int(drawn["n"].to_numpy()[(right > width / 2) | (up > height / 2)].sum())


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
    selected: str | None = None,
    selection: Mapping[str, Any] | None = None,
) -> SessionDeck:
    """The map of `bubbles`: layers "outline", "sessions" (pickable) and "selected" (a ring around one bubble).

    `selected` is the id of the bubble to ring. `selection` is the state that `st.pydeck_chart` keeps under its key, as
    it was before this run: the browser remembers a selection by *position in the data*, so after a refresh that moved
    a bubble to another position it would report another bubble as selected. The selected bubble is therefore kept at
    its position, and where it is gone an invisible one with its id stands in.
    """
    records = _records(drawn)
    place, held = _held(selection)
    if held is not None:
        records = _kept_in_place(records, place, held)
    ring = [record for record in records if record["id"] == selected and record["s"]]
    ink = [230, 234, 242] if dark else [40, 48, 64]
    layers = [
        # A picture: the outline as shapes costs the browser two seconds at the start and half the time of each change.
        pdk.Layer(
            "BitmapLayer",
            None,
            id="outline",
            pickable=False,
            image=f"'{outline_url}'",
            bounds=WHOLE_MAP,
            tint_color=[160, 170, 190] if dark else [110, 120, 140],
            opacity=0.55,
        ),
        pdk.Layer(
            "ScatterplotLayer",
            records,
            id=BUBBLE_LAYER,
            pickable=True,
            auto_highlight=True,
            highlight_color=[*ink, 70],
            stroked=True,
            filled=True,
            radius_units="'pixels'",
            line_width_units="'pixels'",
            get_position="p",
            get_fill_color="c",
            get_line_color=[14, 17, 23, 230] if dark else [255, 255, 255, 230],
            get_line_width=1,
            get_radius="s",
        ),
        pdk.Layer(
            "ScatterplotLayer",
            [{"p": record["p"], "s": record["s"] + 4} for record in ring],
            id="selected",
            pickable=False,
            stroked=True,
            filled=False,
            radius_units="'pixels'",
            line_width_units="'pixels'",
            get_position="p",
            get_line_color=[*ink, 255],
            get_line_width=2.5,
            get_radius="s",
        ),
    ]
    return SessionDeck(
        layers=layers,
        # Repeated, so that a wide screen isn't half empty and the Pacific is one ocean.
        views=[pdk.View(type="MapView", controller=True, repeat=True)],
        initial_view_state=pdk.ViewState(**view, min_zoom=-0.5, max_zoom=18),
        # No base map: no request. `map_style` must stay pydeck's default; None would fetch tiles from the internet.
        map_provider=None,
        tooltip={"text": "{t}", "style": {"maxWidth": "20rem", "fontSize": "0.85rem", "overflowWrap": "anywhere"}},
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
