"""The table of stores: order, names, units and what isn't known."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from dashboard.analysis.names import Names
from dashboard.analysis.span_numbers import comparison
from dashboard.analysis.store_numbers import StoreNumbers, store_numbers
from dashboard.tables.stores import MOST_UNITS, exported, ranked, store_table
from tests.dashboard.analysis import shop
from tests.dashboard.frames import NOW, Record, ago

NAMES = Names({"spaceId": {"x": "Örebro", "y": "Aachen"}})


def day(*sales: tuple[str | None, object, str]) -> StoreNumbers:
    """A session of each store for each sale: store, amount and unit."""
    sessions: list[Record] = []
    events: list[Record] = []
    for number, (space, amount, unit) in enumerate(sales):
        name = f"s{number}"
        sessions.append({"sessionId": name, "captureId": name, "sessionCreated": ago(hours=3), "spaceId": space})
        events.append(
            {
                "sessionId": name,
                "eventTime": ago(minutes=30 + 40 * number),
                "eventType": "PURCHASE",
                "interaction": True,
                "int1": amount,
                "str2": unit,
            }
        )
    return store_numbers(shop.shop(sessions, events).database, NOW, comparison(None, shop.DAY))


def test_one_currency_orders_by_revenue_and_several_by_purchases() -> None:
    one = day(("x", 5, "EUR"), ("x", 5, "EUR"), ("y", 100, "EUR"))
    assert ranked(one, "sales", NAMES)["name"].tolist() == ["Aachen", "Örebro"]
    several = day(("x", 5, "EUR"), ("x", 5, "EUR"), ("y", 100, "JPY"))
    assert ranked(several, "sales", NAMES)["name"].tolist() == ["Örebro", "Aachen"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("name", ["Aachen", "z", "Örebro"]), ("sessions", ["Örebro", "Aachen", "z"]), ("down", ["z", "Örebro", "Aachen"])],
)
def test_orders(order: str, expected: list[str]) -> None:
    numbers = day(("x", 1, "EUR"), ("x", 1, "EUR"), ("y", 1, "EUR"), ("z", None, "EUR"))
    found = ranked(numbers, order, NAMES, {"z": 2})
    assert found["name"].tolist() == expected
    assert found.set_index("name")["down"].to_dict() == {"Aachen": 0, "Örebro": 0, "z": 2}


def test_what_belongs_to_no_store_comes_last() -> None:
    numbers = day((None, 1000, "EUR"), ("x", 1, "EUR"))
    for order in ("sales", "name", "down", "conversion"):
        assert ranked(numbers, order, NAMES)["spaceId"].isna().tolist() == [False, True]


def test_currencies_are_never_added_and_have_their_own_decimals() -> None:
    numbers = day(("x", 1234.5, "EUR"), ("x", 10, "EUR"), ("x", 500, "JPY"), ("y", 1.2345, "BHD"))
    table = store_table(ranked(numbers, "name", NAMES), numbers, compared=True).set_index("store")
    assert table.loc["Örebro", ["revenue, EUR", "revenue, JPY"]].tolist() == ["1,244.50", "500"]
    assert table.loc["Aachen", "revenue, BHD"] == "1.235"
    assert pd.isna(table.loc["Aachen", "revenue, EUR"])


def test_many_currencies_are_texts_in_one_column() -> None:
    numbers = day(*(("x", 1, unit) for unit in ("EUR", "JPY", "SEK", "NOK")))
    assert len(numbers.units) > MOST_UNITS
    table = store_table(ranked(numbers, "name", NAMES), numbers, compared=False)
    assert table["revenue"].tolist() == ["1.00 EUR · 1 JPY · 1.00 NOK · 1.00 SEK"]
    assert "change" not in table


def test_change_is_of_the_last_hour_and_the_one_before() -> None:
    # Half an hour, 70 minutes and 110 minutes ago.
    numbers = day(("x", 1, "EUR"), ("x", 1, "EUR"), ("x", 1, "EUR"))
    assert store_table(ranked(numbers, "name", NAMES), numbers, compared=True)["change"].tolist() == [1 - 2]


def test_no_visitors_have_no_conversion_and_unknown_things_are_not_zero() -> None:
    sessions: list[Record] = [{"sessionId": "a", "captureId": "a", "sessionCreated": ago(hours=1), "spaceId": "x"}]
    numbers = store_numbers(shop.shop(sessions, []).database, NOW, comparison(None, shop.DAY))
    table = store_table(ranked(numbers, "sales", NAMES), numbers, compared=True)
    assert table["conversion"].isna().all()
    assert table["things down"].isna().all()


def test_the_export_has_exact_amounts_and_ids() -> None:
    numbers = day(("x", 0.1, "EUR"), ("x", 0.2, "EUR"), ("y", None, "EUR"))
    table = exported(ranked(numbers, "name", NAMES, {}), numbers, compared=True).set_index("spaceId")
    assert table.loc["x", "revenue EUR"] == Decimal("0.3")
    assert table.loc["y", "purchases without amount"] == 1
    assert "name" not in table
