"""The figure of a store's day, and the lines of several stores: every number of the course is in it."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.io as pio

from dashboard.analysis.histogram import bin_edges
from dashboard.analysis.outages import Outage
from dashboard.analysis.store_course import FUNNEL, store_course
from dashboard.analysis.store_drops import largest_drop
from dashboard.figures.store_day import MOST_THINGS, store_day
from dashboard.figures.store_lines import store_lines
from tests.dashboard.analysis import shop
from tests.dashboard.frames import NOW, Record, ago

TZ = "Asia/Kolkata"
HOUR = pd.Timedelta("1h")


def event(minutes: float, eventType: str, session: str, **more: Any) -> Record:
    own = {"sessionId": session, "eventTime": ago(minutes=minutes), "eventType": eventType, "interaction": True}
    return {**own, "captureId": f"{session} {minutes} {eventType}", **more}


EVENTS = [
    event(200, "PRODUCT_VIEW", "a"),
    event(199, "PURCHASE", "a", int1=10, str2="EUR"),
    event(198, "PURCHASE", "a", int1=5, str2="EUR"),
    event(90, "PRODUCT_VIEW", "b"),
    event(20, "PURCHASE", "c", int1=100, str2="JPY"),
]


def outage(thing: str, start: int, end: int, *, silent: bool = False) -> Outage:
    begin, stop = NOW - pd.Timedelta(minutes=start), NOW - pd.Timedelta(minutes=end)
    status = "Silent" if silent else "Offline"
    return Outage(thing, status, "#8a63d2" if silent else "#e5484d", silent, begin, stop, False, False)


def figure(outages: list[Outage], **more: Any) -> dict[str, Any]:
    course = store_course(shop.shop([], EVENTS).database, shop.DAY, HOUR, TZ)
    found: dict[str, Any] = json.loads(pio.to_json(store_day(course, outages, HOUR, TZ, False, **more), engine="json"))
    return found


def numbers(trace: dict[str, Any]) -> list[float]:
    values = trace["y"]
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"])).tolist()
    return list(values)


def test_each_row_has_the_numbers_of_the_bins() -> None:
    drawn = figure([])
    traces = {trace["name"]: trace for trace in drawn["data"]}
    edges = bin_edges(*shop.DAY, HOUR, TZ)

    def at(minutes: float) -> int:
        return int(edges.searchsorted(NOW - pd.Timedelta(minutes=minutes), side="right")) - 1

    assert numbers(traces["Purchases"])[at(199)] == 2
    assert sum(numbers(traces["Purchases"])) == 3
    assert numbers(traces["Visitors"])[at(90)] == 1
    assert numbers(traces["Revenue, EUR"])[at(199)] == 15
    assert numbers(traces["Revenue, JPY"])[at(20)] == 100
    assert sum(numbers(traces["PRODUCT_VIEW"])) == 2
    assert set(FUNNEL) <= set(traces)
    titles = [one["text"] for one in drawn["layout"]["annotations"]]
    assert "<b>Things that were offline or silent</b>" not in titles
    # No two rows share a place.
    domains = sorted(axis["domain"] for name, axis in drawn["layout"].items() if name.startswith("yaxis"))
    assert all(below[1] <= above[0] for below, above in pairwise(domains))


def test_outages_are_bars_from_their_begin_to_their_end() -> None:
    drawn = figure([outage("<b>gate</b> %{x}", 120, 60), outage("sensor", 30, 10, silent=True)])
    offline, silent = (next(t for t in drawn["data"] if t["name"] == name) for name in ("Offline", "Silent"))
    assert numbers({"y": offline["x"]}) == [60 * 60 * 1000]
    assert offline["base"] == [(NOW - pd.Timedelta(minutes=120)).strftime("%Y-%m-%dT%H:%M:%S")]
    assert silent["marker"]["pattern"]["shape"] == "/"
    texts = json.dumps(drawn["layout"]["annotations"])
    assert "&lt;b&gt;gate" in texts
    assert "<b>gate" not in texts


def test_only_the_things_that_were_out_longest_are_drawn() -> None:
    drawn = figure([outage(f"thing {number}", number + 1, 0) for number in range(MOST_THINGS + 3)])
    (bars,) = (trace for trace in drawn["data"] if trace["name"] == "Offline")
    assert len(bars["base"]) == MOST_THINGS


def test_another_store_is_a_dashed_line_and_the_fall_a_mark() -> None:
    course = store_course(shop.shop([], EVENTS).database, shop.DAY, HOUR, TZ)
    drop = largest_drop([9, 0] + [0] * (len(course.edges) - 3), course.edges, (False, False))
    drawn = figure([], other=("B & C", course), drop=drop)
    assert [trace["line"]["dash"] for trace in drawn["data"] if trace["name"].endswith("B &amp; C")] == ["dash", "dash"]
    assert drop is not None
    assert drawn["layout"]["shapes"][0]["x0"] == drop.moment.strftime("%Y-%m-%dT%H:%M:%S")


def test_the_same_numbers_make_the_same_figure() -> None:
    assert figure([outage("a", 9, 1)]) == figure([outage("a", 9, 1)])


def test_lines_of_stores_differ_by_more_than_their_colour() -> None:
    edges = bin_edges(NOW - 3 * HOUR, NOW, HOUR, TZ)
    bins = len(edges) - 1
    spaces = {"x": [1.0] * bins, "y": [2.0] * bins}
    drawn = store_lines(
        spaces,
        {space: ["1"] * bins for space in spaces},
        edges,
        (True, False),
        {"x": "<i>X</i>", "y": "Y"},
        dict.fromkeys(spaces, "#0072b2"),
        "Purchases",
        TZ,
        True,
    )
    first, second = drawn.data
    assert first.line.dash != second.line.dash
    assert first.name == "&lt;i&gt;X&lt;/i&gt;"
    assert first.marker.symbol[0] == "circle-open"
    assert first.marker.symbol[-1] == "circle"
    assert list(second.y) == [2.0] * bins
