"""The flow of events as a Sankey diagram."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.analysis.event_flow import EventFlow
from dashboard.analysis.formatting import whole
from dashboard.analysis.histogram import OTHER
from dashboard.figures import plotly_base
from dashboard.figures.axes import as_text
from dashboard.figures.theme import MISSING_COLOUR, OTHER_COLOUR, event_colour


def event_flow_diagram(flow: EventFlow, dark: bool) -> go.Figure:
    """Return one column of nodes for each step; links are as wide as their sessions.

    Sessions that end at a step are the part of its node from which no link goes on.
    """
    place = {(node.step, node.eventType): number for number, node in enumerate(flow.nodes)}
    steps = max((node.step for node in flow.nodes), default=1)
    colours = [_colour(node.eventType, flow.missing) for node in flow.nodes]
    most = max((sum(node.step == step for node in flow.nodes) for step in range(1, steps + 1)), default=1)
    figure = plotly_base.figure(dark, height=max(320, 46 * most + 60), margin=plotly_base.SMALL_MARGIN)
    sources = [place[link.step, link.source] for link in flow.links]
    figure.add_sankey(
        arrangement="snap",
        node={
            "label": [as_text(_name(node.eventType), 20) for node in flow.nodes],
            "x": [0.001 + 0.998 * (node.step - 1) / max(steps - 1, 1) for node in flow.nodes],
            "y": _heights(flow, steps),
            "color": colours,
            "pad": 14,
            "thickness": 14,
            "line": {"width": 0},
            "customdata": [
                f"{_ordinal(node.step)} event<br>{whole(node.sessions)} sessions, {whole(node.ended)} end here"
                for node in flow.nodes
            ],
            "hovertemplate": "<b>%{label}</b><br>%{customdata}<extra></extra>",
        },
        link={
            "source": sources,
            "target": [place[link.step + 1, link.target] for link in flow.links],
            "value": [link.sessions for link in flow.links],
            "color": [_faded(colours[source]) for source in sources],
            "hovertemplate": "%{source.label} → %{target.label}<br>%{value:,} sessions<extra></extra>",
        },
    )
    return figure


def _heights(flow: EventFlow, steps: int) -> list[float]:
    """The middle of each node, from 0 at the top to 1; the nodes of a step are one below the other."""
    found: list[float] = []
    for step in range(1, steps + 1):
        nodes = [node for node in flow.nodes if node.step == step]
        gaps = 0.035 * (len(nodes) - 1)
        unit = max(1 - gaps, 0.2) / max(flow.sessions, 1)
        top = 0.0
        for node in nodes:
            found.append(min(max(top + node.sessions * unit / 2, 0.001), 0.999))
            top += node.sessions * unit + 0.035
    return found


def _name(eventType: str | None) -> str:
    return OTHER if eventType is None else eventType


def _colour(eventType: str | None, missing: str) -> str:
    return OTHER_COLOUR if eventType is None else MISSING_COLOUR if eventType == missing else event_colour(eventType)


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.35)"


def _ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"
