"""The events of a session in words: labelled values, exact numbers, and the cart."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.analysis.names import Names
from dashboard.analysis.session_course import session_course
from dashboard.tables.session_timeline import cart_text, timeline_table
from gridrt_client.schema import EVENT
from tests.dashboard.frames import PSEUDONYMS, ago, decoded

NAMES = Names(by_id={"productId": {"p1": "Rain parka"}}, labels={"QR_RUN": {"str1": "code"}})


def what(**record: Any) -> str:
    events = [{"captureId": "1", "eventTime": ago(minutes=1), **record}]
    table = timeline_table(session_course(decoded(EVENT, events)).events, "Asia/Tokyo", NAMES)
    return str(table["what"].iloc[0])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"eventType": "SEARCH", "str1": "scarf"}, "what was searched for: scarf"),
        (
            {"eventType": "CART_ADD", "productId": "p1", "int1": 2},
            "the product put into the cart: Rain parka; quantity: 2",
        ),
        ({"eventType": "PURCHASE", "str2": "EUR", "int1": 10**30 + 7}, f"currency: EUR; revenue: {10**30 + 7}"),
        ({"eventType": "MONITOR_X", "int1": 0}, "status: 0"),
        ({"eventType": "QR_RUN", "str1": "X-1", "str2": ""}, 'code: X-1; str2: ""'),
        ({"eventType": "LANGUAGE", "stateful": True, "str1": "sv"}, "value of the state: sv"),
        (
            {"eventType": "CONTACT_IDENTIFY", "str1": "email", "str2": "a@example.com"},
            f"kind of contact: email; the contact itself: {PSEUDONYMS.of('a@example.com')}",
        ),
        ({"eventType": " contact_x", "str2": "+46"}, f"str2: {PSEUDONYMS.of('+46')}"),
        ({"eventType": None, "str1": "a\u202eb"}, 'str1: "a\\u202eb"'),
    ],
)
def test_values_are_labelled(record: dict[str, Any], words: str) -> None:
    assert what(**record) == words


def test_an_event_without_values_has_no_words() -> None:
    assert what(eventType="APP_START") in ("nan", "None")


def test_the_cart_names_its_products() -> None:
    assert cart_text({"p1": 2, None: 1, "q": 0.5}, NAMES) == "2 × Rain parka, 1 × (unknown), 0.5 × q"
    assert cart_text({}, NAMES) == ""


def test_times_are_in_the_zone_and_gaps_in_words() -> None:
    events = [{"captureId": f"{n}", "eventTime": ago(minutes=n)} for n in (90, 60, 59)]
    table = timeline_table(session_course(decoded(EVENT, events)).events, "Asia/Tokyo", NAMES)
    assert str(table["eventTime"].dtype) == "datetime64[us, Asia/Tokyo]"
    assert table["gap"].tolist()[1:] == ["+30 min", "+1 min"]
