"""The bubbles of the session map: colour, radius and label of each point, and the legend."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analysis.formatting import plural, whole
from dashboard.analysis.map_points import AGE_BANDS, MapPoints
from dashboard.figures.theme import AGE_SCALE, MISSING_COLOUR, OTHER_AGES, OTHER_COLOUR, value_colours
from gridrt_client.safe_text import shown

SMALLEST, LARGEST = 5.0, 28.0
"""Radius in pixels."""

LONGEST_NAME: Final = 40

_Colour = tuple[int, int, int, int]


def bubbles(
    points: MapPoints, known: Mapping[str, str] | None = None, name_of: Callable[[str], str] = str
) -> pd.DataFrame:
    """Return one row per point, in the order of ``points.frame``, as the map draws it.

    Parameters
    ----------
    points
        As `analysis.map_points.map_points` returns them.
    known
        The colours of all values that the data holds (`theme.category_colours`).
    name_of
        Returns what a person reads for a value.

    Returns
    -------
    Columns ``id``, ``lat``, ``lon``, ``n``, ``value`` (the text of the leading category), ``r`` ``g`` ``b`` ``a``
    (0 to 255), ``radius`` (pixels, by the square root of ``n``), ``label`` (text of the tooltip).
    """
    frame, texts = points.frame, [text for text, _ in points.categories]
    colours = _colours(points, known)
    shade = np.asarray([colours[category] for category in frame["category"]], dtype=np.int64).reshape(-1, 4)
    labels = [
        _label(points, int(total), [(texts[category], number) for category, number in values], int(kinds), name_of)
        for total, values, kinds in zip(frame["n"], frame["values"], frame["kinds"], strict=True)
    ]
    return frame[["id", "lat", "lon", "n"]].assign(
        value=pd.Series([texts[category] for category in frame["category"]], dtype="str"),
        r=shade[:, 0],
        g=shade[:, 1],
        b=shade[:, 2],
        a=shade[:, 3],
        radius=_radii(frame["n"].to_numpy()),
        label=pd.Series(labels, dtype="str"),
    )


def legend(
    points: MapPoints,
    known: Mapping[str, str] | None = None,
    top: int = 8,
    name_of: Callable[[str], str] = str,
) -> list[tuple[str, str, int]]:
    """Return what the colours of `bubbles` mean: text, ``#rrggbb`` and the located sessions with this value.

    Ages go from new to old; other values by count, the ones after the ``top`` summed up as the last entry. A bubble of
    mixed values has the colour of one of them; its sessions count under their own.
    """
    entries = [
        (name_of(text), f"#{red:02x}{green:02x}{blue:02x}", number)
        for (text, number), (red, green, blue, _) in zip(points.categories, _colours(points, known), strict=True)
        if number
    ]
    if points.by == "age":
        return entries
    entries.sort(key=lambda entry: (-entry[2], entry[0]))
    rest = sum(number for _, _, number in entries[top:])
    return entries[:top] + ([(f"{len(entries) - top:,} more", OTHER_COLOUR, rest)] if rest else [])


def _colours(points: MapPoints, known: Mapping[str, str] | None) -> list[_Colour]:
    """The colour of each category."""
    if points.by == "age":
        return _age_colours()
    texts = [text for text, _ in points.categories[:-1]]
    chosen = value_colours(points.by, texts, known)
    return [*((*hex_parts(chosen[text]), 215) for text in texts), (*hex_parts(MISSING_COLOUR), 215)]


def _age_colours() -> list[_Colour]:
    """From the newest to the oldest band along the scale, and fading; then what is no age within the 24 hours."""
    steps = len(AGE_BANDS)
    colours = [
        (
            *hex_parts(AGE_SCALE[round(index * (len(AGE_SCALE) - 1) / (steps - 1))]),
            235 - round(110 * index / (steps - 1)),
        )
        for index in range(steps)
    ]
    return [*colours, *((*hex_parts(colour), 160) for colour in OTHER_AGES)]


def hex_parts(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of ``#rrggbb``, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _label(
    points: MapPoints, total: int, values: list[tuple[str, int]], kinds: int, name_of: Callable[[str], str]
) -> str:
    """The tooltip's lines. They begin with a number, whatever the data holds (see `session_map`)."""
    head = plural(total, "session") + (" in this area" if points.cells else "")
    if points.by == "age":
        return f"{head}\nnewest: {shown(values[0][0], LONGEST_NAME)}"
    if kinds == 1:
        return f"{head}\n{points.by}: {shown(name_of(values[0][0]), LONGEST_NAME)}"
    listed = ", ".join(f"{shown(name_of(text), LONGEST_NAME)} {whole(number)}" for text, number in values)
    return f"{head}\n{points.by}: mixed: {listed}{' …' if kinds > len(values) else ''}"


def _radii(count: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Radius by the square root of the count; the scale steps by powers of two, so that a refresh seldom moves it."""
    if not len(count):
        return np.zeros(0)
    most = 2.0 ** math.ceil(math.log2(max(int(count.max()), 16)))
    return np.maximum(np.round(LARGEST * np.sqrt(count / most), 1), SMALLEST)
