"""The views of stores on an independent server with unusual records: drawn, complete, and data is never markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gridrt_client.safe_text import shown
from tests.dashboard.views import Open, number, words
from tests.strict_server.counts import Counts
from tests.strict_server.nasty import SPACES
from tests.strict_server.server import StrictServer

STEERING = "[\u202e\u2066\u200b]"


def drawn_texts(test: AppTest) -> list[str]:
    found = [repr(element.proto) for element in test.main] + [frame.value.to_csv() for frame in test.dataframe]
    found += [one.proto.spec for one in test.get("plotly_chart")]
    found += [one.proto.json for one in test.get("deck_gl_json_chart")]
    return [*found, words(test)]


@pytest.mark.parametrize("link", [{}, {"from": "now-6h"}, {"eventType": "PURCHASE"}, {"compare": list(SPACES)}])
@pytest.mark.parametrize("view", ["live", "stores", "store"])
def test_each_view_is_drawn(open_view: Open, server: StrictServer, view: str, link: dict[str, Any]) -> None:
    test = open_view(view, **link)
    assert not test.exception
    assert not test.error
    assert server.violations == []


@pytest.mark.parametrize("space", SPACES)
def test_each_store_has_its_day(open_view: Open, server: StrictServer, space: str) -> None:
    test = open_view("store", spaceId=shown(space), compare=shown(SPACES[0]))
    assert not test.exception
    assert not test.error
    assert test.get("plotly_chart")
    assert server.violations == []


def test_stores_and_what_belongs_to_none_add_up_to_the_whole(open_view: Open, server: StrictServer) -> None:
    test = open_view()
    counts = Counts(server.records)
    table = next(frame.value for frame in test.dataframe if "active now" in frame.value.columns)
    assert number(test, "Sessions") == f"{counts.sessions:,}"
    # Sessions without a store are not in a row.
    rows = [one for one in counts.session_rows if isinstance(one.get("spaceId"), str)]
    assert table["sessions"].sum() == len(rows)
    assert len(table) == len({one["spaceId"] for one in rows})


def test_a_value_of_the_data_is_shown_and_not_obeyed(open_view: Open, server: StrictServer) -> None:
    odd = "\u202eEROTS\u2066 \u200b"
    now = datetime.now(UTC).isoformat()
    place = {"spaceId": odd, "latitude": 1, "longitude": 1, "country": odd, "deviceId": odd}
    server.records.sessions[:] = [{"sessionId": "s", "captureId": odd, "sessionCreated": now, **place}]
    event = {"sessionId": "s", "eventTime": now, "interaction": True}
    server.records.events[:] = [
        {**event, "captureId": f"{odd}{place}", **more}
        for place, more in enumerate(
            (
                {"eventType": "PRODUCT_VIEW", "productId": odd},
                {"eventType": "SEARCH", "str1": odd},
                {"eventType": "PURCHASE", "int1": 1, "str2": odd},
                {"eventType": "MONITOR_X", "str1": odd, "str4": odd, "int1": 0, "interaction": False},
                {"eventType": odd},
            )
        )
    ]
    link = {"spaceId": shown(odd), "compare": shown(odd), "feed": shown(odd), "lines": f"revenue {odd}", "area": odd}
    for view in ("live", "stores", "store"):
        for given in ({}, link):
            test = open_view(view, **given)
            assert not test.exception
            for text in drawn_texts(test):
                assert not re.search(STEERING, text), (view, given, re.findall(f".{{60}}{STEERING}.{{60}}", text))


def test_markup_in_the_names_of_stores_stays_text(open_view: Open, server: StrictServer) -> None:
    for view in ("live", "stores"):
        for text in drawn_texts(open_view(view, compare="<b>store</b>")):
            if "plotly" in text or '"layout"' in text:
                assert "<b>store</b>" not in text
