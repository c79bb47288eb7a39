"""The figures of the Behaviour view and of a session hold the numbers that they are given, and no markup of data."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.analysis.event_flow import event_flow
from dashboard.analysis.funnel import FunnelStep
from dashboard.analysis.histogram import histogram_counts
from dashboard.analysis.ratings import Ratings
from dashboard.analysis.session_course import session_course
from dashboard.figures.event_flow import event_flow_diagram
from dashboard.figures.funnel_bars import funnel_bars
from dashboard.figures.hour_heat_map import hour_heat_map
from dashboard.figures.rating_bars import rating_bars
from dashboard.figures.session_place import session_place, zoom_of
from dashboard.figures.session_timeline import MOST_TYPES, session_timeline
from gridrt_client.schema import EVENT
from tests.dashboard.frames import NOW, Record, ago, decoded
from tests.dashboard.shopping import join

MARKUP = "<b>%{x}</b><a href='x'>"
SPAN = (NOW - pd.Timedelta("3h"), NOW)


def events(*types: str, name: str = "a") -> list[Record]:
    return [
        {"sessionId": name, "captureId": f"{name}{n}", "eventType": kind, "interaction": True,
         "eventTime": ago(minutes=60 - n)}
        for n, kind in enumerate(types)
    ]  # fmt: skip


def written(figure: go.Figure) -> dict[str, Any]:
    return dict(json.loads(figure.to_json()))


def templates(figure: dict[str, Any]) -> str:
    parts = [part for trace in figure["data"] for part in (trace, trace.get("node", {}), trace.get("link", {}))]
    return "".join(str(part.get("hovertemplate", "")) for part in parts)


@pytest.mark.parametrize("dark", [True, False])
def test_bars_of_a_funnel(dark: bool) -> None:
    steps = [FunnelStep(MARKUP, 4, None, 0), FunnelStep("B", 1, 2.0, 0)]
    before = [FunnelStep(MARKUP, 0, None, 0), FunnelStep("B", 0, None, 0)]
    figure = funnel_bars(steps, before, dark)
    assert [list(trace.x) for trace in figure.data] == [[4, 1], [0, 0]]
    assert list(figure.data[0].text) == ["4 · 100%", "1 · 25%"]
    assert list(figure.data[1].text) == ["0 · —", "0 · —"]
    assert "<" not in figure.layout.yaxis.ticktext[0]
    assert len(funnel_bars(steps, None, dark).data) == 1


def test_a_flow_as_wide_as_its_sessions() -> None:
    flow = event_flow(join([], [*events(MARKUP, "B", "C"), *events(MARKUP, "C", name="b")]).database, 3, 1)
    figure = written(event_flow_diagram(flow, dark=False))
    sankey = figure["data"][0]
    assert sankey["link"]["value"] == [link.sessions for link in flow.links]
    assert len(sankey["node"]["label"]) == len(flow.nodes)
    assert "<" not in "".join(sankey["node"]["label"])
    assert "%{x}" not in templates(figure)
    steps = [node.step for node in flow.nodes]
    for link, source, target in zip(flow.links, sankey["link"]["source"], sankey["link"]["target"], strict=True):
        assert (steps[source], steps[target]) == (link.step, link.step + 1)
    assert all(0 < place < 1 for place in [*sankey["node"]["x"], *sankey["node"]["y"]])


def test_a_flow_of_one_step_is_drawn() -> None:
    flow = event_flow(join([], events("A")).database, 2, 4)
    assert written(event_flow_diagram(flow, dark=True))["data"][0]["node"]["label"] == ["A"]


def test_bars_of_ratings() -> None:
    figure = rating_bars(Ratings({1: 1, 2: 0, 3: 0, 4: 0, 5: 3}, 0, pd.DataFrame(), 0), dark=False)
    assert list(figure.data[0].x) == [3, 0, 0, 0, 1]
    assert figure.data[0].text[0] == "3 · 75%"


@pytest.mark.parametrize("tz", ["UTC", "Asia/Kolkata"])
def test_a_cell_for_each_hour(tz: str) -> None:
    database = join([], events("A", "A", MARKUP)).database
    counts = histogram_counts(database, *SPAN, tz, size=pd.Timedelta("1h"))
    figure = hour_heat_map(counts, SPAN, tz, False, list(counts.counts.columns))
    assert figure.data[0].z.sum() == 3
    assert figure.data[0].z.shape == counts.counts.T.shape == (2, len(figure.data[0].x))
    assert "<" not in "".join(figure.layout.yaxis.ticktext)
    assert "%{x}" not in templates(written(figure))


def test_a_mark_for_each_event_and_the_cart_below() -> None:
    records = [*events(MARKUP, "CART_ADD", "PURCHASE"), {"captureId": "undated", "eventType": "X"}]
    course = session_course(decoded(EVENT, records))
    marks, cart = session_timeline(course, "Asia/Tokyo", dark=False).data
    assert len(marks.x) == 3
    assert list(cart.y) == [0, 1, 0]
    assert MARKUP not in "".join(marks.hovertext)


def test_types_beyond_the_first_share_a_row() -> None:
    course = session_course(decoded(EVENT, events(*(f"T{n:02}" for n in range(30)))))
    figure = session_timeline(course, "UTC", dark=True)
    assert len(figure.data) == 1
    assert len(figure.layout.yaxis.ticktext) == MOST_TYPES + 1
    assert max(figure.data[0].y) == MOST_TYPES


def test_one_event_and_none_are_drawn() -> None:
    assert len(session_timeline(session_course(decoded(EVENT, events("A"))), "UTC", dark=False).data[0].x) == 1
    assert len(session_timeline(session_course(EVENT.empty()), "UTC", dark=False).data[0].x) == 0


def test_the_circle_of_accuracy() -> None:
    layers = json.loads(session_place(59.3, 18.1, 250.0, dark=True).to_json())["layers"]
    assert layers[1]["data"] == [{"p": [18.1, 59.3], "s": 250.0}]
    assert json.loads(session_place(59.3, 18.1, None, dark=False).to_json())["layers"][1]["data"] == []


@pytest.mark.parametrize(("accuracy", "zoom"), [(None, 4.0), (10.0, 4.0), (5_000_000.0, 0.78), (1e12, -0.5)])
def test_a_large_circle_fills_the_map(accuracy: float | None, zoom: float) -> None:
    assert math.isclose(zoom_of(0.0, accuracy), zoom, abs_tol=0.01)
