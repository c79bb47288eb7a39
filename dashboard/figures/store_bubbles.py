"""The bubbles of the map of stores: one for each store, or for several that are too close to tell apart at a zoom."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analysis.formatting import percent, plural, whole
from dashboard.analysis.record_order import hashes
from dashboard.figures.bubbles import hex_parts
from dashboard.figures.map_view import TILE, mercator
from dashboard.figures.theme import AGE_SCALE, MISSING_COLOUR
from gridrt_client.safe_text import shown

SMALLEST, LARGEST = 6.0, 18.0
"""Radius in pixels."""

APART: Final = 2 * LARGEST
"""Stores that are nearer than this many pixels to a larger one share its bubble, so that no bubble covers another."""

MOST_BUBBLES: Final = 1_000
LISTED_NAMES: Final = 3
LONGEST_NAME: Final = 60

_NONE: Final = -1.0
CLASSES: Final[Mapping[str, tuple[tuple[float, str], ...]]] = {
    "sessions": ((0, "none"), (1, "1 to 9"), (10, "10 to 99"), (100, "100 to 999"), (1000, "1,000 and more")),
    "active": ((0, "none"), (1, "1 to 2"), (3, "3 to 9"), (10, "10 to 29"), (30, "30 and more")),
    "conversion": (
        (_NONE, "no visitors"),
        *((0, "0%"), (1e-9, "below 5%"), (0.05, "5 to 10%"), (0.1, "10 to 20%"), (0.2, "20% and more")),
    ),
    "down": ((_NONE, "not known"), (0, "none"), (1, "1"), (2, "2 to 4"), (5, "5 and more")),
}
"""For each measure that bubbles are coloured by the classes: where each begins, and how it reads."""

_COLUMNS = ("sessions", "active", "visitors", "converted", "purchases", "down")


def store_bubbles(places: pd.DataFrame, view: Mapping[str, float], measure: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the bubbles as the map draws them at a view, and which stores are in each.

    Parameters
    ----------
    places
        Stores that have a position: ``spaceId``, ``name``, ``lat``, ``lon``, and the numbers ``sessions``, ``active``,
        ``visitors``, ``converted``, ``purchases`` and ``down`` (missing where it isn't known).
    view
        The camera: ``zoom`` decides which stores share a bubble.
    measure
        One of `CLASSES`.

    Returns
    -------
    bubbles
        Most sessions first, at most `MOST_BUBBLES`. Columns ``id`` (stable while the same store is the largest of the
        bubble), ``lat``, ``lon`` (of its largest store), ``n`` (sessions), ``stores``, ``value`` (index of the class),
        ``r`` ``g`` ``b`` ``a``, ``radius``, ``label``, ``text`` (how many stores, empty for one) and
        ``ink`` (the text's grey, 0 to 255).
    members
        ``spaceId``, ``lat``, ``lon`` and ``id`` (of its bubble) for each store that is drawn.
    """
    ordered = places.sort_values(["sessions", "spaceId"], ascending=[False, True], ignore_index=True)
    group = _groups(ordered["lat"].to_numpy(np.float64), ordered["lon"].to_numpy(np.float64), view["zoom"])
    ordered, group = ordered[group >= 0], group[group >= 0]
    seeds = ordered[~pd.Series(group, index=ordered.index).duplicated()]
    sums = ordered[list(_COLUMNS)].astype("float64").groupby(group).sum(min_count=1)
    stores = np.bincount(group, minlength=len(seeds))
    names: list[list[str]] = [[] for _ in range(len(seeds))]
    for number, name in zip(group.tolist(), ordered["name"], strict=True):
        names[number].append(name)
    kinds = np.where(stores > 1, "stores", "store")
    ids = [f"{kind} {number:016x}" for kind, number in zip(kinds, hashes(seeds, ["spaceId"]).tolist(), strict=True)]
    value = _classes(sums, measure)
    shade = np.asarray([hex_parts(colour) for colour in colours(measure)], dtype=np.int64).reshape(-1, 3)[value]
    count = sums["sessions"].to_numpy().astype(np.int64)
    bubbles = pd.DataFrame(
        {
            "id": pd.Series(ids, dtype="str"),
            "lat": seeds["lat"].to_numpy(),
            "lon": seeds["lon"].to_numpy(),
            "n": count,
            "stores": stores,
            "value": value,
            "r": shade[:, 0],
            "g": shade[:, 1],
            "b": shade[:, 2],
            "a": 225,
            "radius": _radii(count, stores),
            "label": pd.Series(
                [_label(own, listed) for own, listed in zip(sums.to_dict("records"), names, strict=True)],
                dtype="str",
            ),
            "text": pd.Series([str(number) if number > 1 else "" for number in stores], dtype="str"),
            "ink": np.where(shade @ (0.299, 0.587, 0.114) > 125, 16, 255),
        }
    )
    members = ordered[["spaceId", "lat", "lon"]].assign(id=np.asarray(ids, dtype=object)[group])
    return bubbles, members.reset_index(drop=True)


def colours(measure: str) -> list[str]:
    """Return the colour of each class of a measure, ``#rrggbb``: the warmer, the more; grey for none."""
    classes = CLASSES[measure]
    unknown = [MISSING_COLOUR] if classes[0][0] == _NONE else []
    steps = len(classes) - len(unknown)
    scale = AGE_SCALE[::-1]
    return [*unknown, *(scale[round(step * (len(scale) - 1) / (steps - 1))] for step in range(steps))]


def legend(bubbles: pd.DataFrame, measure: str) -> list[tuple[str, str, int]]:
    """Return what the colours of bubbles mean: text, colour and how many bubbles have it."""
    counts = np.bincount(bubbles["value"].to_numpy(dtype=np.int64), minlength=len(CLASSES[measure])).tolist()
    return [
        (text, colour, count)
        for (_, text), colour, count in zip(CLASSES[measure], colours(measure), counts, strict=True)
        if count
    ]


def _groups(
    latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64], zoom: float
) -> npt.NDArray[np.int64]:
    """The bubble of each store, by position in the order given: each goes to the first that is near; -1: not drawn."""
    scale = TILE * 2.0**zoom
    x, y = (longitude + 180) / 360 * scale, mercator(latitude) * scale
    group = np.full(len(x), -1, dtype=np.int64)
    left = np.arange(len(x))
    for number in range(MOST_BUBBLES):
        if not len(left):
            break
        across = np.abs(x[left] - x[left[0]])
        # The map repeats, so what is far in the one direction may be near in the other.
        near = np.hypot(np.minimum(across, scale - across), y[left] - y[left[0]]) < APART
        group[left[near]] = number
        left = left[~near]
    return group


def _classes(sums: pd.DataFrame, measure: str) -> npt.NDArray[np.int64]:
    values = (
        sums["converted"] / sums["visitors"].where(sums["visitors"] > 0) if measure == "conversion" else sums[measure]
    )
    begins = np.array([begin for begin, _ in CLASSES[measure]])
    found = np.searchsorted(begins, values.fillna(_NONE).to_numpy(dtype=np.float64), side="right") - 1
    return np.maximum(found, 0).astype(np.int64)


def _radii(sessions: npt.NDArray[np.int64], stores: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    if not len(sessions):
        return np.zeros(0)
    most = 2.0 ** math.ceil(math.log2(max(int(sessions.max()), 16)))
    # Room for the number of stores.
    least = np.where(stores > 1, 2 * SMALLEST, SMALLEST)
    return np.maximum(np.round(LARGEST * np.sqrt(sessions / most), 1), least)


def _label(numbers: Mapping[Hashable, Any], names: list[str]) -> str:
    """The tooltip's lines. They begin with a number, whatever the data holds (see `session_map`)."""
    sessions, stores = plural(int(numbers["sessions"]), "session"), len(names)
    listed = ", ".join(shown(name, LONGEST_NAME) for name in names[:LISTED_NAMES])
    conversion = percent(numbers["converted"], numbers["visitors"])
    lines = [f"{plural(int(numbers['purchases']), 'purchase')}, conversion {conversion}"]
    down = numbers["down"]
    lines.append(
        f"{whole(numbers['active'])} active now" + ("" if math.isnan(down) else f", {plural(int(down), 'thing')} down")
    )
    if stores == 1:
        return "\n".join([f"{sessions}: {listed}", *lines])
    more = f" and {whole(stores - LISTED_NAMES)} more" if stores > LISTED_NAMES else ""
    return "\n".join([f"{whole(stores)} stores, {sessions}: {listed}{more}", *lines, "Click to zoom in and list them."])
