"""The table of devices: words for statuses and times, names, and the changes of a day."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from dashboard.analysis.names import Names
from dashboard.analysis.status_course import course
from dashboard.tables import device_rows
from tests.dashboard.analysis.test_devices import PLACE, answer, found, regular, report
from tests.dashboard.frames import NOW, Record

STOCKHOLM = "Europe/Stockholm"
DAY = pd.Timedelta(hours=24)


def row_of(events: list[Record], names: Names | None = None, tz: str = STOCKHOLM) -> dict[str, Any]:
    table = device_rows.device_table(found(answer(events), events).rows, tz, NOW, names or Names())
    assert tuple(table.columns) == device_rows.COLUMNS
    assert len(table) == 1
    return dict(table.iloc[0])


@pytest.mark.parametrize(
    ("events", "since", "changed"),
    [
        ([*regular(5, 5, 9), report(50, 0)], "12:35", 45),
        ([*regular(5, 10, 80, 1), *regular(805, 10, 4, 0)], "00:05", 795),
        ([*regular(5, 10, 81, 1), *regular(815, 10, 4, 0)], "Sun 23:55", 805),
        ([*regular(5, 10, 85, 1), *regular(855, 10, 4, 0)], "Sun 23:15", 845),
        (regular(5, 5, 9), "before 12:35", None),
        (regular(5, 10, 100), "before Sun 20:45", None),
        (regular(5, 10, 144), "≥ 24 h", None),
        (regular(200, 5, 9), "10:00", 200),
        ([report(31 * 60, 1)], "≥ 24 h", 31 * 60),
    ],
)
def test_since_says_what_is_known(events: list[Record], since: str, changed: float | None) -> None:
    row = row_of(events)
    assert row["since"] == since
    assert (None if pd.isna(row["changed"]) else (NOW - row["changed"]) / pd.Timedelta(minutes=1)) == changed


def test_status_is_in_words_and_a_silent_thing_is_not_online() -> None:
    assert row_of(regular(5, 5, 9))["status"] == "● Online"
    assert row_of(regular(200, 5, 9))["status"] == "▨ Silent (said Online)"
    assert row_of(regular(200, 5, 9, 7))["status"] == "▨ Silent (said Unknown (7))"


def test_times_are_local_and_numbers_are_written() -> None:
    row = row_of([*regular(5, 5, 9), *regular(50, 5, 9, 0)])
    assert str(row["last heard"].tz) == STOCKHOLM
    assert NOW - row["last heard"] == pd.Timedelta(minutes=5)
    assert (row["flaps"], row["% up"], row["int1"]) == (1, "50%", "1")


def test_names_of_stores_and_things_are_shown_in_place_of_ids() -> None:
    events = regular(5, 5, 9)
    row = row_of(events)
    assert (row["store"], row["thing"]) == ("store", "gate · 192.168.1.7 · g7")
    named = Names({"spaceId": {"store": "Main street"}, "thing": {"g7": "North gate"}})
    row = row_of(events, named)
    assert (row["store"], row["thing"]) == ("Main street", "North gate")
    whole = Names({"thing": {"g7": "North gate", "gate · 192.168.1.7 · g7": "The gate"}})
    assert row_of(events, whole)["thing"] == "The gate"
    assert row_of(regular(5, 5, 9, sessionId="nobody"))["store"] == device_rows.NO_STORE


def test_a_thing_that_is_gone_says_so() -> None:
    events = [*regular(5, 5, 9), *regular(5, 5, 9, sessionId="s2")]
    rows = found([{**events[0], **PLACE["s1"]}], events).rows
    notes = device_rows.device_table(rows, "UTC", NOW).set_index("store")["note"]
    assert notes.fillna("-").to_dict() == {"store": "-", "other": device_rows.GONE}


def test_other_events_have_no_status() -> None:
    devices = found([], [])
    assert device_rows.device_table(devices.rows, STOCKHOLM, NOW).empty


def test_changes_are_listed_newest_first_with_the_value_as_it_came() -> None:
    devices = found(answer(past := [report(5, 1), report(10, 1), report(30, 7), report(35, 7)]), past)
    table = device_rows.changes_table(course(devices, 0, NOW - DAY, NOW), STOCKHOLM)
    told = [tuple(row) for row in table[["status", "for", "int1"]].fillna("-").itertuples(index=False)]
    assert told == [("● Online", "10 min", "1"), ("▨ Silent", "10 min", "-"), ("◇ Unknown (7)", "15 min", "7"),
                    ("· Not known", "23 h 25 min", "-")]  # fmt: skip
    assert table["from"].iloc[0] == NOW - pd.Timedelta(minutes=10)
    assert str(table["from"].dtype).endswith("Europe/Stockholm]")
