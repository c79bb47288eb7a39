"""Outages of things, against a walk through the reports minute by minute in plain Python."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.devices import devices
from dashboard.analysis.outages import Outage, outages
from dashboard.analysis.status_reference import StatusReference
from dashboard.filters import Window
from gridrt_client.schema import LATEST_EVENT
from tests.dashboard.analysis import shop
from tests.dashboard.frames import NOW, Record, ago, decoded

REFERENCE = StatusReference.load()
FLOOR = REFERENCE.thresholds.silent_floor_seconds
FACTOR = REFERENCE.thresholds.silent_factor


def report(minutes: int, status: int, thing: str = "gate 7", device: str | None = "box") -> Record:
    own = {
        "sessionId": f"session {device}",
        "captureId": f"{device} {thing} {minutes}",
        "eventTime": ago(minutes=minutes),
    }
    return {**own, "eventType": "MONITOR_X", "str1": thing, "deviceId": device, "int1": status, "interaction": False}


def found(reports: list[Record], span: Window = shop.DAY, names: list[str] | None = None) -> list[Outage]:
    sessions: list[Record] = [
        {
            "sessionId": f"session {name}",
            "captureId": f"{name}",
            "deviceId": name,
            "spaceId": "x",
            "sessionCreated": ago(hours=23),
        }
        for name in {one["deviceId"] for one in reports}
    ]
    newest: dict[Any, Record] = {}
    for one in reports:
        key = one["str1"], one["deviceId"]
        if key not in newest or one["eventTime"] > newest[key]["eventTime"]:
            newest[key] = one
    joined = shop.shop(sessions, [{k: v for k, v in one.items() if k != "deviceId"} for one in reports])
    things = devices(decoded(LATEST_EVENT, list(newest.values())), joined, ("str1", "deviceId"), REFERENCE, NOW)
    return outages(things, names or things.rows["thing"].tolist(), span, NOW)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.integers(0, 300), st.sampled_from([0, 1, 1, -1]), min_size=1, max_size=25))
def test_each_minute_is_out_when_the_last_report_says_so_or_is_too_old(reports: dict[int, int]) -> None:
    span = Window(NOW - pd.Timedelta(minutes=240), NOW - pd.Timedelta(minutes=30))
    out = found([report(minutes, status) for minutes, status in reports.items()], span)
    times = sorted(reports, reverse=True)
    gaps = [earlier - later for earlier, later in pairwise(times)]
    limit = max(FLOOR / 60, FACTOR * (median(gaps) if gaps else 0))
    for half_minutes in range(2 * 30 + 1, 2 * 240, 2):
        minutes = half_minutes / 2
        moment = NOW - pd.Timedelta(minutes=minutes)
        before = [time for time in times if time >= minutes]
        words = None
        if before:
            last = min(before)
            words = "Silent" if last - minutes > limit else "Offline" if reports[last] == 0 else None
        there = [one.status for one in out if one.start <= moment < one.end]
        assert there == ([words] if words else []), minutes


def test_an_outage_that_began_before_or_goes_on_says_so() -> None:
    every = [report(minutes, 0 if minutes > 600 or minutes < 30 else 1) for minutes in range(0, 1400, 5)]
    first, last = found(every)
    assert (first.is_older, first.goes_on, first.status) == (True, False, "Offline")
    assert (last.is_older, last.goes_on) == (False, True)
    assert last.end == NOW
    assert last.start == NOW - pd.Timedelta(minutes=25)
    assert first.end - first.start > timedelta(hours=12)


def test_things_of_one_name_are_told_apart_by_their_device() -> None:
    reports = [report(minutes, 0, device=device) for minutes in range(0, 60, 5) for device in ("box", "kiosk")]
    assert {one.thing for one in found(reports)} == {"gate 7 · box", "gate 7 · kiosk"}
    assert {one.thing for one in found([report(5, 0)])} == {"gate 7"}


def test_a_device_that_tells_things_apart_is_shown_as_text() -> None:
    both = found([report(50, 0, device="box\u202e1"), report(50, 0, device="box 2")])
    assert {one.thing for one in both} == {'gate 7 · "box\\u202e1"', "gate 7 · box 2"}


def test_a_span_after_now_has_none() -> None:
    assert found([report(5, 0)], Window(NOW, NOW + pd.Timedelta(hours=1))) == []
