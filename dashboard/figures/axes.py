"""Titles and labels of axes: times in the chosen zone, bins of time in words, whole numbers on axes of counts."""

import html
from itertools import pairwise

import pandas as pd

from dashboard.analysis.formatting import zone_label
from dashboard.analysis.histogram import LADDER, bin_edges
from gridrt_client.safe_text import shown

LONGEST_NAME = 40
TICKS = 9
"""The largest number of labels that fit on a phone."""


def as_text(value: str, longest: int = LONGEST_NAME) -> str:
    """Return a value as text for Plotly: as `safe_text.shown` writes it, with HTML escaped."""
    return html.escape(shown(value, longest), quote=False)


def zone_title(start: pd.Timestamp, end: pd.Timestamp, tz: str) -> str:
    """Return the title of the time axis: the zone, and whether its clock changes in the window."""
    before, after = start.tz_convert(tz), end.tz_convert(tz)
    label = as_text(f"time in {zone_label(tz, end)}", 80)
    return label if before.utcoffset() == after.utcoffset() else f"{label}<br>the clock changes in between"


def range_texts(edges: pd.DatetimeIndex, tz: str) -> list[str]:
    """Return each bin in words, as "Mon 23 Nov 12:00 to 12:30", with the zone's abbreviation if the clock changes."""
    local = edges.tz_convert(tz)
    zone = " %Z" if local[0].utcoffset() != local[-1].utcoffset() else ""
    begins = local[:-1].strftime("%a %-d %b %H:%M" + zone)
    ends = [
        end.strftime(("%H:%M" if begin.date() == end.date() else "%a %-d %b %H:%M") + zone)
        for begin, end in pairwise(local)
    ]
    return [f"{begin} to {end}" for begin, end in zip(begins, ends, strict=True)]


def ticks_of(edges: pd.DatetimeIndex, tz: str) -> tuple[list[str], list[str]]:
    """Return positions (UTC) and texts (in the zone) of at most `TICKS` labels; the first one of a day has the date."""
    first, last = edges[0], edges[-1]
    # Steps below a minute, too: Plotly can't place two labels of which one has two lines.
    for step in (pd.Timedelta("15s"), pd.Timedelta("30s"), *LADDER):
        marks = bin_edges(first, last, step, tz)
        marks = marks[(marks >= first) & (marks <= last)]
        if len(marks) <= TICKS:
            break
    texts, day = [], None
    for mark in marks.tz_convert(tz):
        date = as_text(mark.strftime("%-d %b"))
        form = "%H:%M" if step >= pd.Timedelta("1min") else "%H:%M:%S"
        clock = "" if step >= pd.Timedelta("1D") else mark.strftime(form)
        texts.append("<br>".join(part for part in (clock, date if date != day else "") if part))
        day = date
    return positions(marks), texts


def count_step(top: float, most: int) -> int:
    """Return the distance between labels of a linear axis of counts from 0 to `top`: 1, 2 or 5 times a power of ten.

    It is the smallest that gives at most `most` labels above the 0, and never a fraction.
    """
    power = 1
    while True:
        for digit in (1, 2, 5):
            if top < digit * power * (most + 1):
                return digit * power
        power *= 10


def log_ticks(top: float, most: int) -> list[int]:
    """Return the labels of a logarithmic axis of counts from 1 to `top`, at most `most`.

    1, 2, 5, 10, 20 …; where these are too many, powers of ten; where these are, too, every second, third … of them.
    """
    powers = [10**exponent for exponent in range(len(str(max(int(top), 1))))]
    fine = [digit * power for power in powers for digit in (1, 2, 5) if digit * power <= max(top, 1)]
    return fine if len(fine) <= most else powers[:: -(-len(powers) // most)]


def positions(moments: pd.DatetimeIndex) -> list[str]:
    """Return moments in the format of Plotly's date axes, in UTC."""
    return [moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in moments]


def per(size: pd.Timedelta) -> str:
    """Return a bin size in words: "30 min", "1 h", "7 days"."""
    minutes = int(size / pd.Timedelta("1min"))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    days = minutes // (24 * 60)
    return "day" if days == 1 else f"{days} days"
