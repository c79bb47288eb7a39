"""The part of the world that the session map shows: fitted to its bubbles, and what lies outside of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analysis.columns import Bools

WORLD: Final = {"latitude": 25.0, "longitude": 10.0, "zoom": 0.6}
CLOSEST: Final = 12.0
"""The largest zoom that is chosen: around a single position it shows the town."""

TILE: Final = 512
"""Width of the world in pixels at zoom 0."""

Floats = npt.NDArray[np.float64]

_VIEW = re.compile(r"(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?),(-?\d{1,2}(?:\.\d{1,4})?)", re.ASCII)


def mercator(latitude: Floats) -> Floats:
    """Return latitudes as shares of the world's height, 0 at the south end of the map."""
    radians = np.radians(np.clip(latitude, -85.05, 85.05))
    return np.asarray(0.5 + np.log(np.tan(np.pi / 4 + radians / 2)) / (2 * np.pi), dtype=np.float64)


def _middle(values: Floats) -> tuple[float, float]:
    """The ends of the middle 98 %; with fewer than a hundred values that is all of them."""
    ordered = np.sort(values)
    cut = int(len(ordered) * 0.01)
    return float(ordered[cut]), float(ordered[-1 - cut])


def fit(drawn: pd.DataFrame, width: int = 720, height: int = 480) -> dict[str, float]:
    """Return the latitude, longitude and zoom that show the middle 98 % of the bubbles in a map of that many pixels.

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
    south, north = _middle(mercator(drawn["lat"].to_numpy(np.float64)))
    across, up = (east - west) / 360, north - south
    room = 0.84  # a margin for the bubbles themselves
    zooms = [math.log2(pixels * room / (TILE * part)) for pixels, part in ((width, across), (height, up)) if part > 0]
    middle = math.degrees(2 * math.atan(math.exp(((south + north) / 2 - 0.5) * 2 * math.pi)) - math.pi / 2)
    return {
        "latitude": round(middle, 4),
        "longitude": round(((west + east) / 2 + 180) % 360 - 180, 4),
        "zoom": round(min([*zooms, CLOSEST]), 2),
    }


def inside_view(drawn: pd.DataFrame, view: Mapping[str, float], width: int = 720, height: int = 480) -> Bools:
    """Return which rows (``lat``, ``lon``) are in a view of that many pixels."""
    scale = TILE * 2.0 ** view["zoom"]
    right = np.abs((drawn["lon"].to_numpy(np.float64) - view["longitude"] + 180) % 360 - 180) / 360 * scale
    centre = mercator(np.asarray([view["latitude"]]))[0]
    up = np.abs(mercator(drawn["lat"].to_numpy(np.float64)) - centre) * scale
    inside: Bools = (right <= width / 2) & (up <= height / 2)
    return inside


def write_view(view: Mapping[str, float]) -> str:
    """Return a view as the link holds it: ``59.3300,18.0600,8.50``, latitude, longitude and zoom."""
    return f"{view['latitude']:.4f},{view['longitude']:.4f},{view['zoom']:.2f}"


def read_view(text: str) -> dict[str, float] | None:
    """Return the view that `write_view` wrote, None for any other text."""
    found = _VIEW.fullmatch(text)
    if found is None:
        return None
    latitude, longitude, zoom = map(float, found.groups())
    if abs(latitude) > 85.05 or abs(longitude) > 180 or not -0.5 <= zoom <= 18:
        return None
    return {"latitude": latitude, "longitude": longitude, "zoom": zoom}


def outside_view(drawn: pd.DataFrame, view: Mapping[str, float], width: int = 720, height: int = 480) -> int:
    """Return how many sessions have a bubble outside a view of that many pixels.

    The view is the fitted one: the browser doesn't report where its camera is.
    """
    if drawn.empty:
        return 0
    return int(drawn["n"].to_numpy()[~inside_view(drawn, view, width, height)].sum())
