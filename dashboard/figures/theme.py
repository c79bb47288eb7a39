"""Colours and status: fixed by name, colour-blind safe, for light and dark backgrounds alike.

The event colours begin with Okabe and Ito's (https://jfly.uni-koeln.de/color/) for what a shop's charts show most; each
further one was chosen to be as far as possible from all before it, as people with normal sight, protanopia,
deuteranopia and tritanopia see them (Machado, Oliveira and Fernandes 2009; distances in OKLab).
"""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gridrt_client.schema import is_monitor

# The rest, "Other", and missing values: two greys, both with a contrast of at least 3 on light and on dark.
OTHER_COLOUR = "#8a9099"
MISSING_COLOUR = "#666a70"
ACCENT = "#0072b2"

_EVENT_COLOURS = {
    "PRODUCT_VIEW": "#0072b2",
    "CART_ADD": "#e69f00",
    "PURCHASE": "#009e73",
    "CART_REMOVE": "#d55e00",
    "CHECKOUT": "#cc79a7",
    "CATEGORY_VIEW": "#56b4e9",
    "RATING": "#913968",
    "APP_START": "#835ff2",
    "CONTENT_VIEW": "#445f25",
    "SEARCH": "#90bc86",
    "QR_RUN": "#4f3fce",
    "FEEDBACK": "#c1319d",
    "SEARCH_CLEAR": "#d1abbc",
    "LOOK_VIEW": "#738de2",
    "CART_VIEW": "#838542",
    "CART_CLEAR": "#f2686e",
    "CONTACT_IDENTIFY": "#853397",
    "DETECT_MOOD": "#a82418",
    "CONTACT_METADATA": "#e790fa",
    "DETECT_AGE": "#6ec75a",
    "DETECT_GENDER": "#b449cc",
}
_MONITOR_COLOUR = "#876655"
_PALETTE = (*_EVENT_COLOURS.values(), "#98a4c5")

_INTERACTION_COLOURS = {"true": "#0072b2", "false": "#e69f00"}

# From now to a day ago, one way through hue and lightness.
AGE_SCALE = ("#e8590c", "#cf4f6b", "#a553a0", "#7264b8", "#6f86b5", "#8a9099")
OTHER_AGES = ("#9a7b4f", "#16937a", MISSING_COLOUR)
"""Older than a day, in the future, undated: colours that are not on the scale and differ from each other."""


def event_colour(eventType: str) -> str:
    """Return the colour of an event type, ``#rrggbb``: each of the vendor's has its own, all ``MONITOR_*`` share one.

    A tenant's own types get a colour of the palette by their name, the same in every process.
    """
    if is_monitor(eventType):
        return _MONITOR_COLOUR
    return _EVENT_COLOURS.get(eventType) or _by_name(eventType, 0)


@dataclass(frozen=True, eq=False)
class Colours:
    """The colours of a column's values. Instances are compared by identity, so that one can be part of a memo key."""

    of: Mapping[str, str] = field(default_factory=dict)


def category_colours(values: Iterable[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return colours of spaces, countries, apps …, each by its name; no two are alike while the palette lasts.

    Parameters
    ----------
    values
        All that the data holds, the most common first: if they are more than the palette has colours, the first ones
        get these, and the others each a colour of their own, which may be similar.
    known
        Colours that were given before. Values keep them, whatever comes and goes.

    Among new values that would get the same colour of the palette, the one that comes first by hash keeps it and the
    other takes the next of its own choices: their order and their counts change nothing.
    """
    ordered = list(dict.fromkeys(values))
    chosen = {value: known[value] for value in ordered if value in known} if known else {}
    taken = set(chosen.values())
    new = [value for value in ordered[: len(_PALETTE)] if value not in chosen]
    for value in sorted(new, key=lambda value: _digest(value, 0)):
        choices = [*(_by_name(value, attempt) for attempt in range(4 * len(_PALETTE))), *_PALETTE]
        chosen[value] = next((choice for choice in choices if choice not in taken), None) or _own_colour(value)
        taken.add(chosen[value])
    return {value: chosen.get(value) or _own_colour(value) for value in ordered}


def value_colours(column: str, values: Iterable[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the colours of some values of a column; ``known``: `category_colours` of all that the data holds."""
    names = list(values)
    if column == "eventType":
        return {name: event_colour(name) for name in names}
    if column == "step":
        # "3 CART_ADD"
        return {name: event_colour(name.partition(" ")[2]) for name in names}
    if column == "interaction":
        return {name: _INTERACTION_COLOURS.get(name, OTHER_COLOUR) for name in names}
    given = category_colours([*(known or ()), *names], known)
    return {name: given[name] for name in names}


def plotly_layout(dark: bool) -> dict[str, Any]:
    """Return what every figure has in common: transparent ground, pale grid, small margins."""
    ink, quiet, grid = ("#e6e8eb", "#9aa1ab", "#333943") if dark else ("#262730", "#5f6672", "#e3e6ea")
    axis = {
        "gridcolor": grid,
        "zerolinecolor": grid,
        "linecolor": grid,
        "tickfont": {"color": quiet},
        "title": {"font": {"color": quiet}},
    }
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": ink, "size": 13},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "xaxis": {**axis, "automargin": True},
        "yaxis": {**axis, "automargin": True, "rangemode": "tozero"},
        "hoverlabel": {
            "bgcolor": "#262b33" if dark else "#ffffff",
            "bordercolor": grid,
            "font": {"color": ink},
            "align": "left",
        },
        "legend": {"orientation": "h", "x": 0, "y": -0.15, "yanchor": "top", "font": {"color": ink}},
        "bargap": 0.08,
    }


def _digest(value: str, attempt: int) -> int:
    # surrogatepass: JSON may hold a lone surrogate.
    text = f"{attempt}\x00{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def _by_name(value: str, attempt: int) -> str:
    return _PALETTE[_digest(value, attempt) % len(_PALETTE)]


def _own_colour(value: str) -> str:
    """A colour by name beyond the palette, with a contrast of 3 on light and on dark."""
    digest = _digest(value, -1)
    hue, saturation, luminance = digest % 997 / 997, 0.45 + digest // 997 % 5 / 10, 0.15 + digest // 4985 % 4 / 28
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if _luminance(hue, middle, saturation) < luminance else (low, middle)
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, low, saturation))


def _luminance(hue: float, lightness: float, saturation: float) -> float:
    """As WCAG defines it, for sRGB given as hue, lightness and saturation."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colorsys.hls_to_rgb(hue, lightness, saturation)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
