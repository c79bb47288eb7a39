"""The place of one session on the map, with a circle of the accuracy of its location."""

from __future__ import annotations

import math
from typing import Final

import pydeck as pdk

from dashboard.figures.session_map import OUTLINE_URL, SessionDeck, outline, scatter
from dashboard.figures.theme import ACCENT

_METRES_PER_PIXEL: Final = 78_271.5
"""At the equator at zoom 0, where the world is 512 pixels wide."""


def session_place(
    latitude: float, longitude: float, accuracy: float | None, dark: bool, outline_url: str = OUTLINE_URL
) -> SessionDeck:
    """Return a map with a point and, where the accuracy is known (metres), a circle of that radius around it."""
    red, green, blue = (int(ACCENT[place : place + 2], 16) for place in (1, 3, 5))
    point = [{"p": [longitude, latitude], "s": accuracy or 0.0}]
    ink = [230, 237, 243] if dark else [15, 24, 34]
    return SessionDeck(
        layers=[
            outline(outline_url, dark),
            scatter(
                point if accuracy else [],
                "accuracy",
                radius_units="'meters'",
                get_fill_color=[red, green, blue, 50],
                get_line_color=[red, green, blue, 255],
                get_line_width=1.5,
            ),
            scatter(
                point,
                "session",
                get_radius=7,
                get_fill_color=[red, green, blue, 255],
                get_line_color=[*ink, 255],
                get_line_width=1.5,
            ),
        ],
        views=[pdk.View(type="MapView", controller=True, repeat=True)],
        initial_view_state=pdk.ViewState(
            latitude=latitude, longitude=longitude, zoom=zoom_of(latitude, accuracy), min_zoom=-0.5, max_zoom=18
        ),
        map_provider=None,
        tooltip=False,
    )


def zoom_of(latitude: float, accuracy: float | None, pixels: int = 110) -> float:
    """Return the zoom that shows the country around a place; closer where a large circle would not fill the map.

    At that zoom, `pixels` are at least the radius of the circle.
    """
    if not accuracy:
        return 4.0
    metres = _METRES_PER_PIXEL * math.cos(math.radians(latitude))
    return round(min(max(math.log2(pixels * metres / accuracy), -0.5), 4.0), 2)
