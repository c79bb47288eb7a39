"""A value has one colour in every figure, whatever is chosen and whatever arrives."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.analysis.histogram import MISSING, OTHER
from dashboard.figures.theme import MISSING_COLOUR, OTHER_COLOUR, category_colours, value_colours
from tests.dashboard.figures.test_theme import EYES, contrast, distance
from tests.dashboard.views import MAIN, PAGES, TOKEN, Open, configure
from tests.strict_server import Records, StrictServer

COLOURS = 22  # of the palette
GROUNDS = ("#FFFFFF", "#10161D")

names = st.lists(st.text(max_size=8), unique=True, max_size=60)


@given(names)
@settings(deadline=None)
def test_no_two_values_share_a_colour_while_the_palette_lasts(values: list[str]) -> None:
    given = category_colours(values)
    assert list(given) == values
    first = [given[value] for value in values[:COLOURS]]
    assert len(set(first)) == len(first)
    for colour in given.values():
        assert contrast(colour, "#ffffff") >= 1.8
        assert contrast(colour, "#10161d") >= 2.4


def test_the_palette_lasts_for_all_its_colours() -> None:
    for number in range(300):
        values = [f"{number} {place}" for place in range(COLOURS)]
        assert len(set(category_colours(values).values())) == COLOURS


@given(names, names, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_what_has_a_colour_keeps_it_whatever_comes_and_goes(before: list[str], after: list[str], random: Any) -> None:
    known = category_colours(before)
    together = [*before, *(value for value in after if value not in known)]
    random.shuffle(together)
    grown = category_colours(together, known)
    assert {value: grown[value] for value in before} == known
    fewer = category_colours(after, known)
    assert all(fewer[value] == known[value] for value in after if value in known)
    if len(together) <= COLOURS:
        assert len(set(grown.values())) == len(together)


@given(names, names)
@settings(deadline=None)
def test_a_figure_gives_known_values_the_colours_of_all_data(every: list[str], shown: list[str]) -> None:
    known = category_colours(every)
    chosen = value_colours("spaceId", shown, known)
    assert list(chosen) == shown
    assert all(chosen[value] == known[value] for value in shown if value in known)


def test_the_most_common_values_have_the_colours_of_the_palette() -> None:
    palette = set(category_colours([f"store {place}" for place in range(COLOURS)]).values())
    values = [f"space {place}" for place in range(3_000)]
    given = category_colours(values)
    assert {given[value] for value in values[:COLOURS]} == palette
    assert len(set(given.values())) > 2_000


def test_what_people_do_and_what_machines_do_have_fixed_colours() -> None:
    both = value_colours("interaction", ["true", "false"])
    assert value_colours("interaction", ["false"]) == {"false": both["false"]}
    assert both["true"] != both["false"]
    for eye in EYES:
        assert distance(both["true"], both["false"], eye) > 15


def test_the_rest_and_what_is_missing_are_two_visible_greys() -> None:
    for colour in (OTHER_COLOUR, MISSING_COLOUR):
        assert min(contrast(colour, ground) for ground in GROUNDS) >= 3
        parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert max(parts) - min(parts) < 20
    for eye in EYES:
        assert distance(OTHER_COLOUR, MISSING_COLOUR, eye) > 10


def made(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


def session(number: int, hours: float, **more: Any) -> dict[str, Any]:
    return {
        "sessionId": f"s{number}",
        "captureId": f"s{number}",
        "sessionCreated": made(hours),
        "spaceId": f"space {number % 12}",
        "installationId": f"installation {number % 12}-{number % 2}",
        "deviceId": f"device {number % 12}",
        "appId": f"app {number % 5}",
        "country": ("SE", "FI", "NO", "DK", "DE", "FR", None)[number % 7],
        "latitude": 40 + number / 10,
        "longitude": 10.0,
        **more,
    }


def event(number: int, hours: float, **more: Any) -> dict[str, Any]:
    kind = {"eventType": ("SEARCH", "PURCHASE")[number % 2], "interaction": number % 3 > 0}
    return {"sessionId": f"s{number}", "captureId": f"e{number}", "eventTime": made(hours), **kind, **more}


@pytest.fixture
def server() -> Iterator[StrictServer]:
    # The first spaces were there early, the last ones late: another time range has others.
    hours = [20 - number // 12 - number % 12 for number in range(84)]
    sessions = [session(number, max(hour, 0.2)) for number, hour in enumerate(hours)]
    events = [event(number, max(hour, 0.1)) for number, hour in enumerate(hours)]
    with StrictServer(Records(datetime.now(UTC), sessions, events), TOKEN) as running:
        yield running


@pytest.fixture
def open_view(server: StrictServer, monkeypatch: pytest.MonkeyPatch) -> Open:
    configure(monkeypatch, server, RETRIES="0")

    def start(view: str, **link: str) -> AppTest:
        test = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in link.items():
            test.query_params[name] = value
        test.run()
        test.switch_page(str(PAGES / f"{view}.py"))
        test.run()
        assert not test.exception
        return test

    return start


def in_histogram(test: AppTest) -> dict[str, str]:
    """The colour of each value, the same in the areas and in the bars beside them."""
    areas, bars = (json.loads(chart.proto.spec) for chart in test.get("plotly_chart"))
    found = {trace["legendgroup"]: trace["fillcolor"] for trace in areas["data"] if "legendgroup" in trace}
    (bar,) = bars["data"]
    assert dict(zip(bar["customdata"], bar["marker"]["color"], strict=True)) == found
    return found


def on_map(test: AppTest, by: str) -> dict[str, str]:
    deck = json.loads(test.get("deck_gl_json_chart")[0].proto.json)
    bubbles = next(layer["data"] for layer in deck["layers"] if layer["id"] == "sessions")
    alone = {bubble["t"].split(f"{by}: ")[1]: bubble["c"][:3] for bubble in bubbles if "mixed" not in bubble["t"]}
    return {f"={value}": f"#{bytes(colour).hex()}" for value, colour in alone.items()}


def agreeing(*found: dict[str, str]) -> None:
    """A value that is in several has the same colour in all of them; in none two values share one."""
    together: dict[str, str] = {}
    for one in found:
        assert one
        assert len(set(one.values())) == len(one), one
        together |= one
    assert all(together[value] == colour for one in found for value, colour in one.items()), found
    assert sum(map(len, found)) > len(together)  # some are in several


LINKS: tuple[dict[str, str], ...] = (
    {},
    {"from": made(24), "to": made(12)},
    {"from": made(9)},
    {"eventType": "PURCHASE"},
    {"interactionType": "nonInteractive"},
)


@pytest.mark.parametrize("by", ["spaceId", "installationId", "appId", "country", "deviceId", "interaction"])
def test_a_value_keeps_its_colour_whatever_is_chosen(open_view: Open, by: str) -> None:
    scope = {"interaction": {"spaceId": "space 1"}, "country": {"spaceId": "space 1"}}.get(by, {"deviceId": "device 3"})
    links = [*LINKS, scope, {}]
    found = [in_histogram(open_view("events", breakdown=by, **link)) for link in links]
    agreeing(*found)
    known = set().union(*found)
    assert len(known) > len(found[0]) or by in ("appId", "country", "interaction")


@pytest.mark.parametrize("by", ["installationId", "appId", "country"])
def test_the_map_has_the_histograms_colours(open_view: Open, by: str) -> None:
    maps = [on_map(open_view("sessions", colour=by, **link), by) for link in ({}, {"eventType": "SEARCH"})]
    histogram = in_histogram(open_view("events", breakdown=by))
    found = [{key: colour for key, colour in one.items() if key != "=(missing)"} for one in maps]
    agreeing(*[one for one in found if one], {key: colour for key, colour in histogram.items() if key[0] == "="})
    if by == "country":
        assert histogram["missing"] == MISSING_COLOUR


def test_a_refresh_changes_no_colour(open_view: Open, server: StrictServer) -> None:
    test = open_view("events", breakdown="spaceId", refresh="1", **{"from": made(6)})
    before = in_histogram(test)
    # The value that is first by hash takes a colour first: so many values that it would take another one's.
    for number in range(84, 94):
        server.records.sessions.append(session(number, 0.01, spaceId=f"a new one {number}"))
        server.records.events.append(event(number, 0.005))
    deadline = time.monotonic() + 30
    while in_histogram(test) == before and time.monotonic() < deadline:
        time.sleep(0.5)
        test.run()
    after = in_histogram(test)
    assert after != before
    agreeing({key: colour for key, colour in before.items() if key != "other"}, after)


def test_figures_tell_the_rest_from_the_missing(open_view: Open, server: StrictServer) -> None:
    for number in range(200, 230):
        server.records.sessions.append(session(number, 2, spaceId=None))
        server.records.events.append(event(number, 1))
    found = in_histogram(open_view("events", breakdown="spaceId"))
    assert (found["other"], found["missing"]) == (OTHER_COLOUR, MISSING_COLOUR)
    assert MISSING != OTHER
