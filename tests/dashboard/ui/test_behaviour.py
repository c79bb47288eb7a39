"""The Behaviour view on a server with unusual records, and on shopping that is counted by hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.behaviour_panels import PANELS
from tests.dashboard.views import Open, number, words
from tests.strict_server.server import StrictServer


def visit(name: str, *types: str, minutes: float = 60, **more: object) -> list[dict[str, object]]:
    """One event of each type, a second apart, in one session."""
    begin = datetime.now(UTC) - timedelta(minutes=minutes)
    return [
        {
            "sessionId": name,
            "captureId": f"{name}{n}",
            "eventType": eventType,
            "interaction": True,
            "eventTime": (begin + timedelta(seconds=n)).isoformat(),
            **more,
        }
        for n, eventType in enumerate(types)
    ]


def holds(server: StrictServer, *visits: list[dict[str, object]]) -> None:
    """Replace all records by those of some sessions, each of them listed."""
    events = [event for one in visits for event in one]
    names = dict.fromkeys(str(event["sessionId"]) for event in events)
    now = datetime.now(UTC).isoformat()
    server.records.sessions[:] = [
        {"sessionId": name, "captureId": f"session {name}", "sessionCreated": now, "spaceId": "s"} for name in names
    ]
    server.records.events[:] = events


def said(test: AppTest) -> str:
    """All sentences of a page, as they are read."""
    return words(test).replace("\\", "").replace("\u2060", "")


def table(test: AppTest, column: str) -> dict[str, object]:
    """The first column of the first table that has this one, with its values."""
    frame = next(one.value for one in test.dataframe if column in one.value.columns)
    return {key: None if pd.isna(value) else value for key, value in zip(frame.iloc[:, 0], frame[column], strict=True)}


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_is_drawn(open_view: Open, server: StrictServer, panel: str) -> None:
    test = open_view("analytics", panel=panel)
    assert not test.exception
    assert not test.error
    assert test.session_state["panel"] == panel
    assert server.violations == []


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_without_such_events_says_so(open_view: Open, server: StrictServer, panel: str) -> None:
    holds(server, visit("a", "QR_RUN"))
    test = open_view("analytics", panel=panel)
    assert not test.exception
    assert test.info or test.caption


def test_without_traffic_there_is_no_panel(open_view: Open, server: StrictServer) -> None:
    server.failure = "empty"
    test = open_view("analytics")
    assert any("No events in the past 24 hours" in info.value for info in test.info)


def test_the_vendors_funnel_comes_first(open_view: Open, server: StrictServer) -> None:
    steps = ("CATEGORY_VIEW", "PRODUCT_VIEW", "CART_ADD", "CHECKOUT", "PURCHASE")
    holds(server, visit("a", *steps), visit("b", *steps[:3]), visit("c", *steps[::-1]))
    test = open_view("analytics")
    assert table(test, "sessions") == dict(zip(steps, (3, 2, 2, 1, 1), strict=True))
    assert "1 of 3 sessions went through all steps (33%)." in said(test)
    assert "There is no equally long span before" in said(test)


def test_steps_are_in_the_link_in_their_order(open_view: Open, server: StrictServer) -> None:
    holds(server, visit("a", "B", "A", "C"), visit("b", "A", "B"))
    test = open_view("analytics", steps=["B", "A", "unheard of"])
    assert table(test, "sessions") == {"B": 2, "A": 1, "unheard of": 0}
    test.multiselect(key="steps").set_value(["A", "B"]).run()
    assert table(test, "sessions") == {"A": 2, "B": 1}
    assert test.query_params["steps"] == ["A", "B"]


def test_a_funnel_has_ten_steps_at_most(open_view: Open, server: StrictServer) -> None:
    test = open_view("analytics", steps=[f"T{n}" for n in range(40)])
    assert not test.exception
    assert len(table(test, "sessions")) == 10


def test_filters_on_events_change_no_funnel(open_view: Open, server: StrictServer) -> None:
    holds(server, visit("a", "SEARCH", "PURCHASE"), visit("b", "SEARCH"))
    link: dict[str, list[str]] = {"steps": ["SEARCH", "PURCHASE"]}
    expected = table(open_view("analytics", **link), "sessions")
    assert expected == {"SEARCH": 2, "PURCHASE": 1}
    filtered = open_view("analytics", eventType="SEARCH", interactionType="nonInteractive", **link)
    assert table(filtered, "sessions") == expected


def test_the_span_before_is_compared(open_view: Open, server: StrictServer) -> None:
    holds(server, visit("a", "A", "B", minutes=30), visit("b", "A", minutes=90), visit("c", "A", "B", minutes=90))
    test = open_view("analytics", steps=["A", "B"], **{"from": "now-1h"})
    assert table(test, "sessions") == {"A": 1, "B": 1}
    assert table(test, "sessions before") == {"A": 2, "B": 1}
    assert "In the equally long span before: 1 of 2 (50%)." in said(test)


def test_the_funnel_by_store(open_view: Open, server: StrictServer) -> None:
    holds(server, visit("a", "A", "B"), visit("b", "A"))
    test = open_view("analytics", steps=["A", "B"], funnelByStore="true")
    assert table(test, "2. B") == {"s": 1}
    assert table(test, "conversion") == {"s": 0.5}


def test_what_is_viewed_and_not_bought(open_view: Open, server: StrictServer) -> None:
    holds(
        server,
        visit("a", "PRODUCT_VIEW", "CART_ADD", "PURCHASE", productId="p", str2="EUR", int1=2),
        visit("b", "PRODUCT_VIEW", productId="p"),
        visit("c", "PRODUCT_VIEW", productId="q"),
    )
    test = open_view("analytics", panel="Products")
    assert table(test, "viewed, not bought") == {"p": 1, "q": 1}
    assert table(test, "revenue of these purchases") == {"p": "2.00 EUR", "q": None}


def test_which_searches_lead_nowhere(open_view: Open, server: StrictServer) -> None:
    holds(server, visit("a", "SEARCH", "PRODUCT_VIEW", str1="shoes"), visit("b", "SEARCH", str1="=hat"))
    test = open_view("analytics", panel="Searches")
    assert table(test, "without") == {"=hat": 1, "shoes": 0}
    assert "1 of 2 searches lead nowhere (50%)." in said(test)


def test_carts_end_in_three_ways(open_view: Open, server: StrictServer) -> None:
    holds(
        server,
        visit("a", "CART_ADD", "CHECKOUT", "PURCHASE"),
        visit("b", "CART_ADD"),
        visit("c", "CART_ADD", minutes=5),
        visit("d", "CHECKOUT", int1=12.5, str2="eur"),
    )
    test = open_view("analytics", panel="Carts", abandoned="b")
    assert number(test, "Carts") == "3"
    assert number(test, "Carts bought") == "1 · 33%"
    assert number(test, "Carts still open") == "1 · 33%"
    assert number(test, "Carts abandoned") == "1 · 33%"
    assert number(test, "Checkouts abandoned") == "1 · 50%"
    assert "12.50 EUR" in said(test)


def test_ratings_are_a_mean_and_a_score(open_view: Open, server: StrictServer) -> None:
    ratings = [visit(f"r{n}", "RATING", int1=star, str1="<b>fine</b>") for n, star in enumerate((5, 5, 4, 1))]
    holds(server, *ratings, visit("odd", "RATING", int1=11))
    test = open_view("analytics", panel="Ratings")
    assert (number(test, "Ratings"), number(test, "Mean"), number(test, "NPS")) == ("4", "3.75", "+25")
    assert "1 more rating with another number" in said(test)
    texts = next(frame.value["text"] for frame in test.dataframe if "text" in frame.value.columns)
    assert set(texts) == {"<b>fine</b>"}


def test_few_people_are_withheld(open_view: Open, server: StrictServer) -> None:
    moods = [visit(f"m{n}", "DETECT_MOOD", str1="HAPPY" if n else "SAD", interaction=False) for n in range(11)]
    holds(server, *moods)
    test = open_view("analytics", panel="People")
    assert table(test, "sessions") == {"HAPPY": 10}
    assert "Withheld: 1 value that fewer than 10 sessions have." in said(test)
    assert "SAD" not in said(test)


def test_the_number_of_one_type_of_event(open_view: Open, server: StrictServer) -> None:
    holds(server, visit("a", "QR_RUN", "QR_RUN", productId="p"), visit("b", "SEARCH"))
    test = open_view("analytics", panel="Counts", countType="QR_RUN", countBy="productId")
    assert table(test, "events") == {"p": 2}
    assert "2 events of type QR_RUN." in said(test)


def test_an_unknown_panel_is_named_and_the_first_is_shown(open_view: Open, server: StrictServer) -> None:
    test = open_view("analytics", panel="Nothing")
    assert not test.exception
    assert "panel “Nothing” is not one of Funnel, Flow" in "".join(one.value for one in test.warning).replace("\\", "")
    assert test.session_state["panel"] == "Funnel"


def drawn(test: AppTest) -> list[str]:
    """Everything that the browser gets of a page."""
    texts = [repr(element.proto) for element in test.main] + [frame.value.to_csv() for frame in test.dataframe]
    texts += [one.proto.spec for one in test.get("plotly_chart")]
    return [*texts, *(one.proto.json for one in test.get("deck_gl_json_chart")), words(test)]


@pytest.mark.parametrize("panel", [*PANELS, None])
def test_a_value_of_the_data_is_shown_and_not_obeyed(open_view: Open, server: StrictServer, panel: str | None) -> None:
    odd = "\u202eEROTS\u2066 \u200b"
    fields = {"productId": odd, "categoryId": odd, "str1": odd, "str2": odd, "int1": 4}
    types = ("PRODUCT_VIEW", "CART_ADD", "SEARCH", "RATING", "FEEDBACK", "DETECT_MOOD", odd, "PURCHASE")
    holds(server, *(visit(f"{n}", *types, **fields) for n in range(10)), visit("10", "CART_ADD", "CHECKOUT", **fields))
    for session in server.records.sessions:
        session.update(spaceId=odd, appId=odd, appVersion=odd, deviceId=odd, country=odd)
    more = {"panel": panel, "hourRows": "spaceId", "steps": [odd, "PURCHASE"], "funnelByStore": "true"}
    test = open_view("analytics", **more) if panel else open_view("session", sessionId="1")
    assert not test.exception
    for text in drawn(test):
        assert not re.search("[\u202e\u2066\u200b]", text)
