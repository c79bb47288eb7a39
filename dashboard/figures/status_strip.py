"""The status strip: what a thing was in over a span of time, as a small image and as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.columns import stamp
from dashboard.analysis.formatting import age
from dashboard.analysis.status_course import NOT_KNOWN, Segment
from dashboard.figures import plotly_base
from dashboard.figures.axes import as_text, positions, ticks_of, zone_title

SLOTS = 240
"""The number of parts that a small image divides its span into; of several states in one the most urgent is drawn."""
SLOT = 24 * 60 // SLOTS * 60 * 1_000_000

Span = tuple[pd.Timestamp, pd.Timestamp]
IMAGE_WIDTH, IMAGE_HEIGHT = 196, 29
"""In pixels; a cell of a table shows an image in the height of its row, and cuts off what is too wide."""

_HEIGHT = 20
_SILENT = "silent"


def image_span(now: pd.Timestamp) -> Span:
    """Return the 24 hours of a small image: its end is the next whole slot, so that it seldom changes."""
    end = -(-stamp(now) // SLOT) * SLOT
    return pd.Timestamp(end - SLOTS * SLOT, unit="us", tz="UTC"), pd.Timestamp(end, unit="us", tz="UTC")


def strip_image(course: Sequence[Segment], span: Span) -> str:
    """Return a course as an SVG image in a ``data:`` URL: silence hatched, what isn't known pale."""
    start, severities, states = stamp(span[0]), [-2] * SLOTS, [NOT_KNOWN] * SLOTS
    for begin, end, state, _ in course:
        first, last = max((begin - start) // SLOT, 0), min(-(-(end - start) // SLOT), SLOTS)
        for slot in range(first, last):
            if state.severity > severities[slot]:
                severities[slot], states[slot] = state.severity, state
    paths: dict[str, list[str]] = {}
    slot = 0
    while slot < SLOTS:
        end = slot + 1
        while end < SLOTS and states[end] == states[slot]:
            end += 1
        paint = _paint(states[slot].kind, states[slot].colour)
        paths.setdefault(paint, []).append(f"M{slot} {_HEIGHT // 2}h{end - slot}")
        slot = end
    drawn = "".join(f'<path d="{"".join(moves)}" {paint}/>' for paint, moves in paths.items())
    hatch = (
        '<pattern id="h" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path d="M1 0v4" stroke="{_silent_colour(course)}" stroke-width="2"/></pattern>'
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{IMAGE_WIDTH}" height="{IMAGE_HEIGHT}" '
        f'viewBox="0 0 {SLOTS} {_HEIGHT}" preserveAspectRatio="none" stroke-width="{_HEIGHT}">'
        f"{hatch if 'url(#h)' in drawn else ''}{drawn}</svg>"
    )
    return f"data:image/svg+xml;utf8,{quote(svg, safe=' =/:;,()' + chr(39))}"


def status_strip(course: Sequence[Segment], span: Span, tz: str, dark: bool) -> go.Figure:
    """Return a course over time with a legend; one trace per state, silence hatched, what isn't known pale."""
    figure = plotly_base.figure(
        dark,
        height=150,
        dragmode=False,
        barmode="overlay",
        bargap=0,
        hovermode="closest",
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": False},
        margin={**plotly_base.SMALL_MARGIN, "t": 30},
    )
    by_label: dict[str, list[Segment]] = {}
    for segment in course:
        by_label.setdefault(segment.state.label, []).append(segment)
    for segments in sorted(by_label.values(), key=lambda own: -own[0].state.severity):
        state = segments[0].state
        begins = pd.DatetimeIndex(pd.to_datetime([one.begin for one in segments], unit="us", utc=True))
        ends = pd.DatetimeIndex(pd.to_datetime([one.end for one in segments], unit="us", utc=True))
        pattern = {"shape": "/", "fgcolor": state.colour, "bgcolor": "rgba(0,0,0,0)", "size": 6}
        marker = {"color": state.colour, "line": {"width": 0}, "opacity": 0.3 if state == NOT_KNOWN else 1}
        name = as_text(state.words)
        figure.add_bar(
            orientation="h",
            base=positions(begins),
            x=[(one.end - one.begin) / 1e3 for one in segments],
            y=[0] * len(segments),
            name=name,
            marker={**marker, **({"pattern": pattern} if state.kind == _SILENT else {})},
            hovertext=[
                f"{name}<br>{begin:%H:%M:%S} to {end:%H:%M:%S}, {age(one.seconds)}"
                for one, begin, end in zip(segments, begins.tz_convert(tz), ends.tz_convert(tz), strict=True)
            ],
            hoverinfo="text",
        )
    places, texts = ticks_of(pd.DatetimeIndex(list(span)), tz)
    figure.update_xaxes(
        type="date",
        range=positions(pd.DatetimeIndex(list(span))),
        tickvals=places,
        ticktext=texts,
        title={"text": zone_title(*span, tz)},
        fixedrange=True,
        showgrid=False,
    )
    figure.update_yaxes(visible=False, fixedrange=True, range=[-0.5, 0.5])
    return figure


def _paint(kind: str, colour: str) -> str:
    if kind == _SILENT:
        return 'stroke="url(#h)"'
    return f'stroke="{colour}"' + (' opacity=".25"' if kind == NOT_KNOWN.kind else "")


def _silent_colour(course: Sequence[Segment]) -> str:
    return next((one.state.colour for one in course if one.state.kind == _SILENT), NOT_KNOWN.colour)
