"""The strip of a status, as an image and as a figure."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pandas as pd

from dashboard.analysis.devices import TILES
from dashboard.analysis.status_course import course
from dashboard.figures.status_strip import SLOT, SLOTS, image_span, status_strip, strip_image
from tests.dashboard.analysis.test_devices import answer, found, regular, report
from tests.dashboard.figures.test_theme import DARK, LIGHT, contrast
from tests.dashboard.frames import NOW, Record

START = NOW - pd.Timedelta(hours=24)


def painted(events: list[Record], now: pd.Timestamp = NOW) -> list[str]:
    """What each slot of the image is painted with."""
    span = image_span(now)
    image = strip_image(course(found(answer(events), events), 0, *span), span)
    kind, _, svg = image.partition(",")
    assert kind == "data:image/svg+xml;utf8"
    assert "#" not in svg
    slots = [""] * SLOTS
    for moves, stroke in re.findall(r'<path d="([Mh\d ]+)" stroke="([^"]+)"(?: opacity=".25")?/>', unquote(svg)):
        for begin, width in re.findall(r"M(\d+) 10h(\d+)", moves):
            slots[int(begin) : int(begin) + int(width)] = [stroke] * int(width)
    return slots


def test_the_image_has_a_state_for_each_slot_and_shows_the_most_urgent() -> None:
    # The span ends at 12:24: the last slot begins at 12:18, and it was offline from 11:56 to 12:00.
    events = [*regular(5, 5, 4, 1), report(24, 0), *regular(25, 5, 11, 1), *regular(100, 5, 10, 0)]
    slots = painted(events)
    online, offline, silent = "#2b9a66", "#e5484d", "url(#h)"
    assert slots[-1] == online
    assert slots[-6:-3] == [online, offline, online]
    assert silent in slots
    assert slots[0] == "#8a9099"
    assert "" not in slots
    assert slots.index(offline) == int((NOW - pd.Timedelta(minutes=145) - image_span(NOW)[0]) / pd.Timedelta(minutes=6))


def test_the_image_stays_the_same_within_a_slot() -> None:
    assert image_span(NOW) == image_span(NOW + pd.Timedelta(minutes=3)) != image_span(NOW + pd.Timedelta(minutes=5))
    start, end = image_span(NOW)
    assert end - start == pd.Timedelta(hours=24) == SLOTS * pd.Timedelta(SLOT, unit="us")


def test_the_figure_has_one_trace_per_state_and_silence_is_hatched() -> None:
    events = [*regular(5, 5, 13, 1), *regular(100, 5, 10, 0)]
    segments = course(found(answer(events), events), 0, START, NOW)
    figure = status_strip(segments, (START, NOW), "Europe/Stockholm", dark=False)
    drawn = {trace.name: trace for trace in figure.data}
    assert list(drawn) == ["▲ Offline", "▨ Silent", "● Online", "· Not known"]
    assert [drawn[name].marker.pattern.shape for name in drawn] == [None, "/", None, None]
    assert sum(sum(trace.x) for trace in figure.data) == 24 * 3_600_000
    assert list(drawn["▲ Offline"].base) == ["2026-11-23T09:55:00"]
    assert drawn["▲ Offline"].hovertext == ("▲ Offline<br>10:55:00 to 11:50:00, 55 min",)
    assert "UTC+1" in figure.layout.xaxis.title.text


def test_colours_of_tiles_show_on_both_grounds_and_their_icons_differ() -> None:
    assert len({status.icon for status in TILES.values()}) == len(TILES)
    for status in TILES.values():
        assert contrast(status.colour, LIGHT) >= 3
        assert contrast(status.colour, DARK) >= 3
