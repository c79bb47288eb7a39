"""The page of one session: what it says, and what it says when there is no such session."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.dashboard.ui.test_behaviour import holds, said, visit
from tests.dashboard.views import Open
from tests.strict_server.server import StrictServer

SHOPPING = ("CATEGORY_VIEW", "CART_ADD", "CHECKOUT", "PURCHASE")


def shopping(server: StrictServer, **session: object) -> None:
    events = visit("a", *SHOPPING, productId="p", int1=2, str2="JPY", str1="T1")
    holds(server, [*events, *visit("b", "SEARCH")])
    server.records.sessions[0].update(appId="kiosk", country="JP", deviceId="d", **session)


def test_a_session_is_told_in_one_sentence(open_view: Open, server: StrictServer) -> None:
    shopping(server)
    test = open_view("session", sessionId="a")
    assert not test.exception
    told = said(test)
    assert "(3 s), UTC; in s, kiosk, JP; 4 events, 4 of them by a person; furthest step PURCHASE;" in told
    assert "1 purchase for 2 JPY." in told


def test_the_events_are_listed_in_order_with_gaps_words_and_cart(open_view: Open, server: StrictServer) -> None:
    shopping(server)
    server.records.events.reverse()
    frame = next(one.value for one in open_view("session", sessionId="a").dataframe if "gap" in one.value.columns)
    assert frame["eventType"].tolist() == list(SHOPPING)
    assert frame["gap"].tolist()[1:] == ["+1 s"] * 3
    assert frame["cart"].fillna("").tolist() == ["", "2 × p", "2 × p", ""]
    assert "quantity: 2" in frame["what"].iloc[1]
    assert "currency: JPY" in frame["what"].iloc[3]


def test_contacts_are_masked(open_view: Open, server: StrictServer) -> None:
    contact = {"str1": "email", "str2": "someone@example.com", "ip": "192.0.2.7", "clientId": "client-7"}
    holds(server, visit("a", "CONTACT_IDENTIFY", **contact))
    server.records.sessions[0].update(ip="192.0.2.7", clientId="client-7")
    test = open_view("session", sessionId="a")
    drawn = said(test) + "".join(frame.value.to_csv() for frame in test.dataframe)
    drawn += "".join(one.proto.spec for one in test.get("plotly_chart"))
    assert "•••" in drawn
    for secret in ("someone", "192.0.2.7", "client-7"):
        assert secret not in drawn


def test_filters_on_events_leave_nothing_of_a_session_out(open_view: Open, server: StrictServer) -> None:
    shopping(server)
    test = open_view("session", sessionId="a", eventType="SEARCH")
    assert "4 events" in said(test)


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"sessionId": "nobody"}, "sessionId “nobody” is not in the data of the past 24 hours"),
        ({}, "No session is chosen. These are the newest"),
        ({"sessionId": "unlisted"}, "The API doesn't list the session “unlisted” (yet)"),
    ],
)
def test_what_is_not_there_has_its_sentence(
    open_view: Open, server: StrictServer, link: dict[str, str], sentence: str
) -> None:
    shopping(server)
    server.records.events.extend(visit("unlisted", "SEARCH"))
    test = open_view("session", **link)
    assert not test.exception
    assert sentence in said(test) + "".join(info.value for info in test.info).replace("\\", "")


def test_an_id_can_be_typed(open_view: Open, server: StrictServer) -> None:
    shopping(server)
    test = open_view("session")
    test.text_input(key="sessionId_input").set_value("a").run()
    assert "4 events" in said(test)
    test.text_input(key="sessionId_input").set_value("").run()
    assert "No session is chosen." in said(test)


def test_the_status_of_its_device_at_the_time(open_view: Open, server: StrictServer) -> None:
    shopping(server, latitude=35.0, longitude=139.0, locationAccuracy=40)
    gate = {"str1": "gate", "str4": "g1", "interaction": False}
    server.records.events.extend(visit("a", "MONITOR_GATE", minutes=90, int1=1, **gate))
    server.records.events[-1]["captureId"] = "gate"
    test = open_view("session", sessionId="a")
    frame = next(one.value for one in test.dataframe if "at the start" in one.value.columns)
    assert frame["thing"].tolist() == ["gate · g1"]
    assert "Online" in frame["at the end"].iloc[0]
    assert "35.00000°, 139.00000°, within 40 m." in said(test)
    assert test.get("deck_gl_json_chart")


def test_without_device_and_place_it_says_so(open_view: Open, server: StrictServer) -> None:
    holds(server, visit("a", "SEARCH"))
    told = said(open_view("session", sessionId="a"))
    assert "The session names no device" in told
    assert "no location that a map can show" in told
    assert datetime.now(UTC).strftime("%Y") in told
