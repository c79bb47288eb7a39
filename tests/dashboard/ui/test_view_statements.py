"""Statements of the pages about purchases, failures, clocks and unusual values."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data.saved_views import PAGES as VIEWS
from gridrt_client.safe_text import shown
from tests.dashboard.views import PAGES, Open, answered, number, words
from tests.strict_server.contract import Endpoint
from tests.strict_server.counts import Counts
from tests.strict_server.nasty import nasty
from tests.strict_server.server import StrictServer


def sold(server: StrictServer, *purchases: dict[str, object]) -> None:
    """Replace all records by one visit with these purchases."""
    now = datetime.now(UTC).isoformat()
    visit = {"sessionId": "visit", "eventTime": now, "interaction": True}
    server.records.sessions[:] = [{"sessionId": "visit", "captureId": "s", "sessionCreated": now}]
    server.records.events[:] = [
        {**visit, "captureId": "search", "eventType": "SEARCH"},
        *({**visit, "captureId": f"p{n}", "eventType": "PURCHASE", **more} for n, more in enumerate(purchases)),
    ]


def sales(test: AppTest) -> str:
    return next(text for text in (one.value for one in test.caption) if "urchase" in text).replace("\\", "")


@pytest.mark.parametrize(
    ("purchases", "told"),
    [
        ([], "No purchases in the past 24 hours."),
        ([{"int1": "much"}, {}], "2 purchases, none with a readable amount. Conversion 100%: 1 of 1 visit."),
        (
            [{"int1": 5, "interaction": False}],
            "No purchases in the past 24 hours. 1 PURCHASE event not done by a person: not counted.",
        ),
        (
            [{"int1": 5}, {"int1": "much"}],
            "2 purchases, 1 without a readable amount. Conversion 100%: 1 of 1 visit.",
        ),
    ],
)
def test_no_unreadable_and_unattended_purchases_are_three_things(
    open_view: Open, server: StrictServer, purchases: list[dict[str, object]], told: str
) -> None:
    sold(server, *purchases)
    assert sales(open_view()) == told


@pytest.mark.parametrize(
    "choice", [{"eventType": "SEARCH"}, {"eventType": "PURCHASE"}, {"interactionType": "interactive"}]
)
def test_filters_on_events_take_no_purchases_away(
    open_view: Open, server: StrictServer, choice: dict[str, str]
) -> None:
    other = {"sessionId": "other", "eventTime": datetime.now(UTC).isoformat(), "interaction": True}
    sold(server, {"int1": 5, "str2": "EUR"})
    server.records.events.append({**other, "captureId": "o", "eventType": "SEARCH"})
    told = "1 purchase. Conversion 50%: 1 of 2 visits."
    assert sales(open_view()) == told
    assert sales(open_view(**choice)) == f"{told} Whatever the filters on events."


def test_events_that_do_not_say_who_did_it_are_no_share_of_zero(open_view: Open, server: StrictServer) -> None:
    sold(server, {"interaction": None, "int1": 1})
    assert number(open_view(eventType="PURCHASE"), "Interactive") == "—"
    assert number(open_view(), "Interactive") == "100%"
    share = next(one for one in open_view(eventType="PURCHASE").metric if one.label.startswith("Interactive"))
    assert all(value != value for value in share.proto.chart_data)


def test_a_value_of_the_data_is_shown_and_not_obeyed(open_view: Open, server: StrictServer) -> None:
    odd = "\u202eEROTS\u2066 \u200b"
    now = datetime.now(UTC).isoformat()
    place = {"spaceId": odd, "latitude": 1, "longitude": 1, "country": odd, "deviceId": odd}
    server.records.sessions[:] = [{"sessionId": "s", "captureId": odd, "sessionCreated": now, **place}]
    monitor = {"eventType": "MONITOR_X", "str1": odd, "int1": 1}
    server.records.events[:] = [
        {"sessionId": "s", "captureId": f"{odd}{n}", "eventTime": now, "interaction": True, **more}
        for n, more in enumerate(({"eventType": odd, "str1": odd, "productId": odd}, monitor))
    ]
    for view in ("live", "sessions", "events", "latest"):
        told = shown(odd)
        for link in ({}, {"spaceId": told}, {"eventType": told}, {"colour": "country", "breakdown": "spaceId"}):
            test = open_view(view, **link)
            assert not test.exception
            drawn = [repr(element.proto) for element in test.main] + [repr(element.proto) for element in test.sidebar]
            drawn += [frame.value.to_csv() for frame in test.dataframe] + [words(test)]
            drawn += [str(box.options) for box in test.selectbox]
            drawn += [one.proto.spec for one in test.get("plotly_chart")] + [
                one.proto.json for one in test.get("deck_gl_json_chart")
            ]
            for text in drawn:
                assert not re.search("[\u202e\u2066\u200b]", text), (view, link)


def broken(server: StrictServer, word: str) -> None:
    """Let one endpoint return something that isn't an array."""
    answer = server.answer

    def instead(endpoint: Endpoint, asked: dict[str, str]) -> list[object]:
        return {"message": "out of order"} if endpoint.word == word else answer(endpoint, asked)  # type: ignore[return-value]

    server.answer = instead  # type: ignore[method-assign]


@pytest.mark.parametrize("view", ["live", "sessions", "events"])
def test_views_that_do_not_need_an_endpoint_say_nothing_of_its_failure(
    open_view: Open, server: StrictServer, view: str
) -> None:
    broken(server, "latest-event")
    open_view("latest")
    test = open_view(view)
    assert not test.error
    assert not test.warning
    assert any(metric.value == "—" for metric in test.metric if metric.label == "Devices") == (view == "live")


def test_a_failed_endpoint_is_named_once_and_nothing_is_said_of_old_data(open_view: Open, server: StrictServer) -> None:
    broken(server, "event")
    for view in ("live", "sessions", "events"):
        test = open_view(view)
        assert len(test.error) == 1
        assert "request for events failed" in test.error[0].value.replace("\\", "")
        assert not test.warning
    test = open_view("latest")
    assert not test.error
    assert "the events are missing" in test.warning[0].value


def test_old_data_is_dated_by_the_clock_and_can_be_asked_for_again(open_view: Open, server: StrictServer) -> None:
    test = open_view(refresh="1", tz="Asia/Tokyo")
    server.failure = "503"
    deadline = time.monotonic() + 30
    while not test.warning and time.monotonic() < deadline:
        time.sleep(0.3)
        test.run()
    said = test.warning[0].value.replace("\\", "").replace("\u2060", "")
    tokyo = datetime.now(ZoneInfo("Asia/Tokyo"))
    assert re.search(rf"Showing data from {tokyo:%Y-%m-%d} \d\d:\d\d:\d\d, because", said)
    assert not re.search(r"\d+ (s|min) ago", said)
    server.failure = None
    test.button(key="try_again").click().run()
    deadline = time.monotonic() + 30
    while test.warning and time.monotonic() < deadline:
        time.sleep(0.3)
        test.run()
    assert not test.warning


@pytest.mark.parametrize("hours", [-3, 3])
def test_now_is_told_by_the_clock_of_the_api(open_view: Open, server: StrictServer, hours: int) -> None:
    """Records have times of the API's clock; this computer's is wrong."""
    api_time = datetime.now(UTC) + timedelta(hours=hours)
    server.clock_offset = timedelta(hours=hours)
    fresh = nasty(api_time)
    server.records.sessions[:], server.records.events[:] = fresh.sessions, fresh.events
    active = Counts(server.records).active(api_time)
    assert active > 0
    wrong = (
        f"The clock of this dashboard's server is wrong: it is 3 h {'behind' if hours > 0 else 'ahead of'} the API's"
    )
    test = open_view()
    assert number(test, "Active") == f"{active:,}"
    for view in ("live", *(name for name in VIEWS.values() if name != "live")):
        test.switch_page(str(PAGES / f"{view}.py"))
        answered(test.run())
        assert [one.value for one in test.warning if wrong in one.value.replace("\\", "")], view
        assert not test.error
        (line,) = (
            json.loads(one.proto.json) for one in test.get("bidi_component") if "clock_tolerance" in one.proto.json
        )
        assert line["now"] == pytest.approx(datetime.now(UTC).timestamp() + hours * 3600, abs=30)


def test_old_data_is_dated_by_the_clock_of_the_api(open_view: Open, server: StrictServer) -> None:
    server.clock_offset = timedelta(hours=3)
    test = open_view(refresh="1", tz="UTC")
    server.failure = "503"
    deadline = time.monotonic() + 30
    while "Showing data from" not in words(test) and time.monotonic() < deadline:
        time.sleep(0.3)
        test.run()
    found = re.search(r"Showing data from (\S+ \S+),", words(test).replace("\\", "").replace("\u2060", ""))
    assert found is not None
    moment = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    assert moment.timestamp() == pytest.approx(datetime.now(UTC).timestamp() + 3 * 3600, abs=60)


def test_clocks_that_agree_are_not_mentioned(open_view: Open) -> None:
    assert "clock of this" not in words(open_view())
